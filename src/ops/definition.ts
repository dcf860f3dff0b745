// What one operator file says. A file describes one op, or a family whose ops differ by a table row.

import type { DType } from '../graph/dtype.ts';
import type { Attribute, Graph, Model, Node, Shape, ValueType } from '../graph/model.ts';
import type { Tensor } from '../graph/tensor.ts';

export type OpFamily = {
  /** '' (ai.onnx) unless given. */
  readonly domain?: string;
  readonly ops: Readonly<Record<string, OpSignature>>;
  /**
   * Types of the outputs, in order. What cannot be known is `undefined` (type) or `null` (an axis);
   * a contradiction throws MODEL_INVALID through `context.fail`.
   */
  readonly infer: (context: InferContext) => readonly (ValueType | undefined)[];
  /** Rewrites from older operator sets, oldest first. */
  readonly upgrades?: readonly Upgrade[];
  /** Rewrites to older operator sets. */
  readonly downgrades?: readonly Downgrade[];
};

export type OpSignature = {
  /** First opset that has the op. */
  readonly since: number;
  /** Number of inputs: [least, most]. */
  readonly inputs: readonly [number, number];
  readonly outputs: readonly [number, number];
  /** Attributes with their defaults; null marks one without a default. */
  readonly attributes?: Readonly<Record<string, Attribute | null>>;
  /** Opsets that added to the op after OPSET (or after `since`): attributes, an element type, inputs from the n-th on. */
  readonly later?: {
    readonly attributes?: Readonly<Record<string, number>>;
    readonly bfloat16?: number;
    readonly inputs?: Readonly<Record<number, number>>;
  };
  /** The op may give other results each run (RandomNormal …): never folded. */
  readonly random?: true;
};

/** One change of meaning in an op's history: nodes written for an opset below `to` are rewritten to mean the same at `to`. */
export type Upgrade = {
  readonly to: number;
  readonly opTypes: readonly string[];
  /** Replacement nodes, in order; the node itself may be changed in place and returned. */
  readonly rewrite: (node: Node, context: UpgradeContext) => readonly Node[];
};

/** One change of meaning in an op's history, undone: nodes are rewritten to mean the same below the opset `from`. */
export type Downgrade = {
  readonly from: number;
  readonly opTypes: readonly string[];
  /**
   * Replacement nodes, in order: the node itself, changed in place, as it stood before `from`, and other nodes as they
   * are at opset 21. A string is the reason why there are none.
   */
  readonly rewrite: (node: Node, context: UpgradeContext) => readonly Node[] | string;
};

/** The value of an attribute of this kind. */
export type AttributeValue<K extends Attribute['type']> = Extract<Attribute, { readonly type: K }>['value'];

export type UpgradeContext = {
  readonly model: Model;
  readonly graph: Graph;
  /** The attribute's value, or `fallback` when the node does not have it; fails when it is of another kind. */
  read<K extends Attribute['type']>(
    node: Node,
    kind: K,
    name: string,
    fallback: AttributeValue<K>,
  ): AttributeValue<K>;
  /** Shape of a value when it is a tensor of known rank. */
  shape(value: string): Shape | undefined;
  /** Element type of a value when it is a tensor. */
  dtype(value: string): DType | undefined;
  /** A value's tensor when it is a constant. */
  tensor(value: string): Tensor | undefined;
  /** Adds a constant to the graph and returns its name. */
  constant(name: string, tensor: Tensor): string;
  /** A value name not yet used in the model. */
  fresh(name: string): string;
  /** States the opset that the nodes of a graph made by a rewrite follow. */
  follows(graph: Graph, opset: number): void;
  /** Throws MODEL_INVALID: the node cannot be expressed at opset 21. */
  fail(node: Node, problem: string): never;
};

export type InferContext = {
  readonly node: Node;
  /** The attribute, or its default as `ops` states it; undefined when there is neither. */
  find(name: string): Attribute | undefined;
  /** As `find`; fails when there is neither. */
  int(name: string): number;
  text(name: string): string;
  /** As `find`. */
  ints(name: string): readonly number[] | undefined;
  /** Type of input `index`; undefined when unknown or left out. */
  type(index: number): ValueType | undefined;
  /** Shape of input `index` when it is a tensor of known rank. */
  shape(index: number): Shape | undefined;
  /** Element type of input `index` when it is a tensor. */
  dtype(index: number): DType | undefined;
  /** The value of input `index` when it is a constant. */
  constant(index: number): Tensor | undefined;
  /** States that output 0 is this constant. */
  setConstant(tensor: Tensor): void;
  /**
   * Numbers held by a small input, row-major, symbols included, when they are constant or follow from shapes
   * (Shape → Gather → Concat …). Truth values are 0 and 1.
   */
  integers(index: number): Shape | undefined;
  /** States the numbers an output (the first unless given) holds, for `integers` of later nodes. */
  setIntegers(values: Shape, output?: number): void;
  /** Output types of a sub-graph attribute, given the types of its inputs (If, Loop, Scan). */
  inferSubgraph(graph: Graph, inputs: readonly (ValueType | undefined)[]): readonly (ValueType | undefined)[];
  /** A symbol for an axis whose length is known only when the model runs. */
  symbol(hint: string): string;
  fail(problem: string): never;
};
