// The in-memory model: ONNX operator semantics at opset 21 (DESIGN: "One graph, ONNX's words").
// Plain data. Values are named; a node refers to them by name, and '' stands for an optional input left out.
// https://github.com/onnx/onnx/blob/main/docs/IR.md

import type { DType } from './dtype.ts';
import type { Tensor } from './tensor.ts';

/** The operator set every graph in memory follows, and the one written unless an operator needs a later one. */
export const OPSET = 21;

export type Model = {
  graph: Graph;
  /** Opset version per domain; '' is ai.onnx. */
  opsets: Map<string, number>;
  /** Model-local functions, called by nodes of their domain and name. */
  functions: ModelFunction[];
  /** What wrote the file this came from. */
  producer: { name: string; version: string };
  /** Free key/value pairs the file carries. */
  metadata: Map<string, string>;
  /** The layers a reader made the nodes from, in the order data flows. Passes leave it alone: values may be gone. */
  layers?: readonly SourceLayer[];
};

/** One call of a layer in the model's own format. */
export type SourceLayer = {
  /** Path from the outermost model: `encoder/dense`. */
  readonly path: string;
  /** As the format calls it. */
  readonly className: string;
  /** The values its outputs have in the graph as read. */
  readonly outputs: readonly string[];
};

export type Graph = {
  name: string;
  inputs: string[];
  outputs: string[];
  /** Topological order: a node comes after the nodes whose outputs it reads. */
  nodes: Node[];
  /** Constants by value name. */
  initializers: Map<string, Tensor>;
  /** Type of any value, as declared or inferred; inputs and outputs always have one. */
  types: Map<string, ValueType>;
};

export type Node = {
  /** Unique within a graph; for Keras the layer path, so that findings name what the author wrote. */
  name: string;
  opType: string;
  /** '' is ai.onnx. */
  domain: string;
  /** Tells model-local functions of the same name apart; rare. */
  overload?: string;
  inputs: string[];
  outputs: string[];
  attributes: Map<string, Attribute>;
  /** Its reader vouches that none of the indices it takes counts from the end, as ONNX lets them. */
  countsForward?: true;
};

export type ModelFunction = {
  name: string;
  domain: string;
  overload?: string;
  inputs: string[];
  outputs: string[];
  attributes: string[];
  /** Attributes with a default. */
  attributeDefaults: Map<string, Attribute>;
  opsets: Map<string, number>;
  nodes: Node[];
};

/**
 * An attribute value. Integers are int64 in the file; those beyond 2^53 are only ever "as far as possible"
 * limits, so they are held as numbers and clamped to the int64 range when written.
 */
export type Attribute =
  | { readonly type: 'int'; readonly value: number }
  | { readonly type: 'ints'; readonly value: readonly number[] }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'floats'; readonly value: readonly number[] }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'tensor'; readonly value: Tensor }
  | { readonly type: 'tensors'; readonly value: readonly Tensor[] }
  | { readonly type: 'graph'; readonly value: Graph }
  | { readonly type: 'graphs'; readonly value: readonly Graph[] }
  | { readonly type: 'type'; readonly value: ValueType }
  | { readonly type: 'sparse'; readonly value: SparseTensor }
  /** Inside a model-local function: the value is the caller's attribute of this name. */
  | {
      readonly type: 'reference';
      readonly value: string;
      readonly of: Exclude<Attribute['type'], 'reference'>;
    };

export type SparseTensor = {
  readonly values: Tensor;
  readonly indices: Tensor;
  readonly dims: readonly number[];
};

/** A number, a symbol such as `batch`, or null where nothing is known. */
export type Dim = number | string | null;

/** Symbolic axes allowed; `dims` (tensor.ts) are always numbers. */
export type Shape = readonly Dim[];

export type TensorType = {
  readonly kind: 'tensor';
  readonly dtype: DType;
  /** undefined: not even the rank is known. */
  readonly shape: Shape | undefined;
};

export type ValueType =
  | TensorType
  | { readonly kind: 'sequence'; readonly element: ValueType }
  | { readonly kind: 'optional'; readonly element: ValueType }
  | { readonly kind: 'map'; readonly key: DType; readonly element: ValueType };

export function tensorType(dtype: DType, shape?: Shape): TensorType {
  return { kind: 'tensor', dtype, shape };
}

/** undefined: no tensor, or its rank is not known. */
export function shapeOf(type: ValueType | undefined): Shape | undefined {
  return type?.kind === 'tensor' ? type.shape : undefined;
}
