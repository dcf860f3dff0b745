// One shape for every runtime: a loaded model that turns named tensors into named tensors.

import type { DType } from '../graph/dtype.ts';
import type { Model, Shape } from '../graph/model.ts';
import type { Tensor } from '../graph/tensor.ts';

export type Runtime = {
  /** `onnxruntime`, `litert`, `tfjs`. */
  readonly name: string;
  /** Formats it is the first choice for, run without conversion. */
  readonly formats: readonly string[];
  /** Further formats it can run when it is asked for by name, such as an independent reference. */
  readonly onRequest?: readonly string[];
  /** Turns any graph into something it loads; the runtime for formats that nobody runs as they are. */
  readonly encode?: (model: Model) => Promise<ModelSource>;
  /** Version string when the package can be loaded here, otherwise why not. */
  readonly probe: () => Promise<{ readonly version: string } | { readonly missing: string }>;
  /** Why it cannot run a file of its formats; undefined when it can. Then another runtime may, by way of the graph. */
  readonly refusal?: (source: ModelSource & { readonly path: string }) => Promise<string | undefined>;
  /** Loads a model. Errors: MODEL_DAMAGED when the runtime refuses the file, RUNTIME_FAILED otherwise. */
  readonly open: (source: ModelSource, options?: SessionOptions) => Promise<Session>;
};

/** A model file on disk, or its bytes (then `format` says what they are). Structured-cloneable, so workers can have it. */
export type ModelSource = (
  | { readonly format: string; readonly path: string }
  | { readonly format: string; readonly bytes: Uint8Array }
) & {
  /** Name of the signature to run, for a file with several. */
  readonly signature?: string;
  /** Of inputs and outputs by name, where the runtime's own format does not say it. */
  readonly quantization?: Readonly<Record<string, QuantizationInfo>>;
};

export type SessionOptions = {
  /** Threads inside one run; 1 by default: more are slower when the cores are busy (measured). */
  readonly threads?: number;
  /** Keep the graph as it is, for comparing node by node. */
  readonly optimize?: boolean;
};

export type Session = {
  readonly runtime: string;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /**
   * Runs the model once. Names, dtypes and ranks of `feeds` are checked first (FEED_INVALID names the input).
   * `outputs` limits what is returned.
   */
  run(feeds: Feeds, outputs?: readonly string[]): Promise<Feeds>;
  release(): Promise<void>;
};

export type TensorInfo = {
  readonly name: string;
  readonly dtype: DType;
  /** undefined when the model does not say. */
  readonly shape: Shape | undefined;
  /** The tensor stores real numbers as integers. */
  readonly quantization?: QuantizationInfo;
};

/** real = scale · (stored − zeroPoint) */
export type QuantizationInfo = {
  readonly scale: number;
  readonly zeroPoint: number;
  /** What the model stores; set where the session takes and gives real numbers instead (real-values.ts). */
  readonly stored?: DType;
};

/** Tensors by value name. */
export type Feeds = Readonly<Record<string, Tensor>>;
