// What a model's inputs and outputs mean in the user's data. One description shared by evaluate, predict,
// serve and monitor, so that training and serving cannot read the same row differently.

export type Signature = {
  readonly inputs: Readonly<Record<string, InputSignature>>;
  readonly outputs: Readonly<Record<string, OutputSignature>>;
};

export type InputSignature = {
  /** Columns of the data, in the order of the input's last axis. Names the features in logs and reports. */
  readonly columns?: readonly string[];
  readonly image?: { readonly size?: readonly [height: number, width: number] };
  /** Applied to raw data, in this order: x * scale, then (x - mean) / std. One number, or one per column or channel. */
  readonly scale?: number;
  readonly mean?: number | readonly number[];
  readonly std?: number | readonly number[];
};

export type OutputSignature = {
  /** Class names in index order. */
  readonly labels?: readonly string[];
};

export const emptySignature: Signature = { inputs: {}, outputs: {} };
