// Data as the rest of mlctl sees it: columns of a table, or arrays, read from whatever file it was in.

import type { Context } from '../context.ts';
import type { PixelSpec } from '../encoding/images.ts';
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
  | { readonly kind: 'arrays'; readonly arrays: ReadonlyMap<string, Tensor> }
  /** Images that are decoded when they are needed. */
  | { readonly kind: 'images'; readonly images: ImageSet };

export type ImageSet = {
  /** Where each image is, relative to the folder, with `/`; a row is an index into it. */
  readonly names: readonly string[];
  /** Folders of the classes, by code point; an image's class is the first part of its name. Absent: no classes. */
  readonly classes?: readonly string[];
  /** Height × width × channels bytes. Errors: DATA_INVALID naming the file, FILE_UNREADABLE, DATA_TOO_LARGE. */
  readonly decode: (row: number, spec: PixelSpec) => Promise<Uint8Array>;
  /** sha256 over the names and the contents of all images, hex. */
  readonly digest: () => Promise<string>;
};

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
  | {
      readonly name: string;
      readonly kind: 'text';
      readonly values: readonly (string | null)[];
      /** All values there can be, in order, where the data says: not each need occur. */
      readonly levels?: readonly string[];
    };
