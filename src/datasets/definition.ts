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
  readonly read: (path: string, context: Context) => Promise<Dataset>;
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
};

export type Column =
  /** Numbers; a missing value is NaN. */
  | { readonly name: string; readonly kind: 'number'; readonly values: Float64Array }
  /** Text; a missing value is null. */
  | { readonly name: string; readonly kind: 'text'; readonly values: readonly (string | null)[] };
