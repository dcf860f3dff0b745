// A Keras model after its configuration was read: the same shape for Sequential and functional models of Keras 1, 2 and 3.

import type { DType } from '../../graph/dtype.ts';
import type { Shape } from '../../graph/model.ts';
import type { Arguments } from './operators/call.ts';

export type ModelSpec = {
  readonly name: string;
  readonly layers: readonly LayerSpec[];
  /** Outputs of the InputLayers, in the order the model is called with. */
  readonly inputs: readonly TensorRef[];
  readonly outputs: readonly TensorRef[];
};

export type LayerSpec = {
  readonly name: string;
  /** In the words of Keras 3: `Conv2D`, also when the file says Convolution2D. */
  readonly className: string;
  /** As the file spells it. */
  readonly spelled: string;
  /** Python module and registered name of classes that are not Keras' own, when the file tells. */
  readonly origin: string | undefined;
  readonly config: Readonly<Record<string, unknown>>;
  readonly isTrainable: boolean;
  /** One per time the layer is called. */
  readonly calls: readonly LayerCall[];
  /** Set when the layer is a model itself. */
  readonly model: ModelSpec | undefined;
  /** The layer inside a wrapper that calls it as it is: TimeDistributed. */
  readonly wrapped?: LayerSpec | undefined;
  /** Set on InputLayers. */
  readonly input: InputSpec | undefined;
};

export type InputSpec = { readonly shape: Shape; readonly dtype: DType };

export type LayerCall = {
  readonly inputs: readonly TensorRef[];
  /** Tensors given by keyword or nested in arguments: only some layers know what to do with them. */
  readonly extra: readonly TensorRef[];
  /** Those of `extra` that are the value of a keyword, or items of its list (null: the item is none). */
  readonly keywords: Readonly<Record<string, readonly (TensorRef | null)[]>>;
  /** Keywords with plain values: `training`, `use_causal_mask` … */
  readonly options: Readonly<Record<string, unknown>>;
  /** Everything an operator is called with; `keywords` and `options` are empty then. */
  readonly values?: Arguments<TensorRef> | undefined;
};

/** Output `tensor` of call number `call` of a layer. */
export type TensorRef = { readonly layer: string; readonly call: number; readonly tensor: number };

/** What the whole file says about how to understand its layers. */
export type Dialect = {
  /** 1, 2 or 3. */
  readonly major: number;
  /** Full version, `2.2.4-tf`; '' when the file has none. */
  readonly version: string;
  readonly backend: 'tensorflow' | 'theano' | 'cntk' | 'jax' | 'torch' | 'unknown';
};
