// Data as the rest of mlctl sees it: columns of a table, or arrays, read from whatever file it was in.

import type { Context } from '../context.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { Probe } from './probe.ts';

/** One kind of data file. */
export type DatasetFormat = {
  readonly name: string;
  readonly title: string;
  readonly extensions: readonly string[];
  readonly match: (probe: Probe) => boolean;
  /** Errors: DATA_EMPTY, DATA_INVALID with the place in the file, DATA_TOO_LARGE. */
  readonly read: (source: Source, context: Context) => Promise<Dataset>;
};

/** A data file that has been looked at. */
export type Source = {
  readonly probe: Probe;
  /** The path as the user wrote it, for errors. */
  readonly shown: string;
  readonly options: ReadOptions;
};

export type ReadOptions = {
  /** Whether the first line of a CSV names its columns; decided by content when absent. */
  readonly header?: boolean | undefined;
  /** Between the fields of a CSV; decided by content when absent. */
  readonly delimiter?: string | undefined;
  /** What errors call the file, when it is not the one the user named. */
  readonly shown?: string | undefined;
};

export type Dataset =
  | { readonly kind: 'table'; readonly table: Table }
  /** Named arrays whose first axis is the row: the members of an .npz, or one array called `data` or `labels`. */
  | { readonly kind: 'arrays'; readonly arrays: ReadonlyMap<string, Tensor> };

export type Table = {
  readonly path: string;
  readonly rows: number;
  /** In file order. */
  readonly columns: readonly Column[];
  /** Line of row 0 (1-based) when every row is one line of the file. */
  readonly firstLine?: number;
};

export type Column =
  /** Numbers; a missing value is NaN. */
  | { readonly name: string; readonly kind: 'number'; readonly values: Float64Array }
  /** Text, without spaces around it; a missing value is null. */
  | { readonly name: string; readonly kind: 'text'; readonly values: readonly (string | null)[] };
