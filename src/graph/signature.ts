// What a model's inputs and outputs mean in the user's data. One description shared by evaluate, predict,
// serve and monitor, so that training and serving cannot read the same row differently.

export type Signature = {
  readonly inputs: Readonly<Record<string, InputSignature>>;
  readonly outputs: Readonly<Record<string, OutputSignature>>;
};

export type InputSignature = {
  /** Columns of the data, in the order of the input's last axis. Names the features in logs and reports. */
  readonly columns?: readonly string[];
  readonly image?: ImageSignature;
  /** Applied to raw data, in this order: x * scale, then (x - mean) / std. One number, or one per column or channel. */
  readonly scale?: number;
  readonly mean?: number | readonly number[];
  readonly std?: number | readonly number[];
};

/** How image files become pixels of an input. */
export type ImageSignature = {
  /** Images are resized to it; needed only where the model's input does not say. */
  readonly size?: readonly [height: number, width: number];
  /** As those beside `image`, and before them: of 0 … 255, by channel in the order the model takes them. */
  readonly scale?: number;
  readonly mean?: number | readonly number[];
  readonly std?: number | readonly number[];
  readonly channels?: 'rgb' | 'bgr';
  readonly fit?: 'fill' | 'cover';
  readonly interpolation?: 'bilinear' | 'nearest' | 'bicubic' | 'lanczos';
};

export type OutputSignature = {
  /** Class names in index order. */
  readonly labels?: readonly string[];
};

export const emptySignature: Signature = { inputs: {}, outputs: {} };
