// The first bytes of a data file, for deciding what it is.

export type Probe = {
  readonly path: string;
  readonly isFolder: boolean;
  readonly bytes: number;
  /** At most the first 64 KiB. */
  readonly head: Uint8Array;
  /** Lower case with the dot; for `x.idx.gz` it is `.gz`. */
  readonly extension: string;
};
