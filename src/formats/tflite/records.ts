// What a TFLite file holds, as plain records: decode.ts makes them from bytes, encode.ts makes bytes from them.
// Names are the public schema's, in camel case. https://ai.google.dev/edge/litert (schema.fbs, version 3)

/** Element type, as the schema spells it in lower case. */
export type TensorTypeName =
  | 'float32'
  | 'float16'
  | 'int32'
  | 'uint8'
  | 'int64'
  | 'string'
  | 'bool'
  | 'int16'
  | 'complex64'
  | 'int8'
  | 'float64'
  | 'complex128'
  | 'uint64'
  | 'resource'
  | 'variant'
  | 'uint32'
  | 'uint16'
  | 'int4'
  | 'bfloat16'
  | 'int2'
  | 'uint4'
  | 'float8e4m3fn'
  | 'float8e5m2';

export type TfliteFile = {
  readonly version: number;
  readonly description: string;
  readonly subgraphs: readonly Subgraph[];
  readonly metadata: readonly Metadata[];
  readonly signatures: readonly Signature[];
};

export type Metadata = { readonly name: string; readonly data: Uint8Array };

export type Signature = {
  /** `serving_default`. */
  readonly key: string;
  readonly subgraph: number;
  readonly inputs: readonly SignatureEntry[];
  readonly outputs: readonly SignatureEntry[];
};

export type SignatureEntry = {
  readonly name: string;
  /** Index into the subgraph's tensors. */
  readonly tensor: number;
};

export type Subgraph = {
  readonly name: string;
  readonly tensors: readonly TfliteTensor[];
  /** Indices into `tensors`. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly operators: readonly Operator[];
};

export type TfliteTensor = {
  readonly name: string;
  readonly type: TensorTypeName;
  /** Axes of unknown length are 1 here and -1 in `shapeSignature`. undefined: the rank is not known. */
  readonly shape: readonly number[] | undefined;
  readonly shapeSignature?: readonly number[] | undefined;
  /** Raw little-endian content of a constant; undefined for a value computed when the model runs. */
  readonly data?: Uint8Array | undefined;
  readonly quantization?: Quantization | undefined;
  /** Keeps its value from one run to the next. */
  readonly isVariable?: boolean;
  readonly sparsity?: Sparsity | undefined;
  /** What a `variant` holds. */
  readonly variants?: readonly {
    readonly type: TensorTypeName;
    readonly shape: readonly number[] | undefined;
  }[];
};

/** real = scale · (stored − zeroPoint); one entry per tensor, or one per index of `axis`. */
export type Quantization = {
  readonly scale: readonly number[];
  readonly zeroPoint: readonly number[];
  readonly axis: number;
  readonly min?: readonly number[];
  readonly max?: readonly number[];
  /** Blockwise: `scale` is in another tensor (index), for every `blockSize` elements of `axis`. */
  readonly blockwise?: {
    readonly scales: number;
    /** -1: all zero. */
    readonly zeroPoints: number;
    readonly blockSize: number;
    /** Blocks along several axes. */
    readonly axes?: readonly number[];
  };
  /** Somebody's own scheme. */
  readonly custom?: Uint8Array;
};

export type Sparsity = {
  readonly traversalOrder: readonly number[];
  readonly blockMap: readonly number[];
  readonly dimensions: readonly SparseDimension[];
};

export type SparseDimension =
  | { readonly format: 'dense'; readonly size: number }
  | { readonly format: 'csr'; readonly segments: ArrayLike<number>; readonly indices: ArrayLike<number> };

export type Operator = {
  /** Builtin name as the schema spells it: `CONV_2D`; `CUSTOM` for a custom one. */
  readonly opcode: string;
  /** Name of a custom operator. */
  readonly custom?: string | undefined;
  readonly version: number;
  /** Indices into the subgraph's tensors; -1 is an optional input left out. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly intermediates?: readonly number[];
  /** Fields of the builtin options by camel-case name, enums as their schema names: `{ padding: 'SAME', strideW: 2 }`.
   * The decoder fills in the schema's defaults; the encoder leaves out what equals them. */
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly customOptions?: Uint8Array | undefined;
};

export type OptionValue = number | boolean | string | readonly number[] | Uint8Array;
