// What one layer file says: which classes it is for, which weights they have, and how they become ONNX nodes.

import type { DType } from '../../graph/dtype.ts';
import type { Attribute, Graph, Shape } from '../../graph/model.ts';
import type { Tensor } from '../../graph/tensor.ts';
import type { LayerConfig } from './config.ts';
import type { Arguments } from './operators/call.ts';
import type { Dialect } from './spec.ts';

export type LayerFamily = {
  /** As Keras 3 spells them (keras1.ts renames the oldest), with the names other versions use. */
  readonly classNames: readonly string[];
  /** In the order Keras keeps them: first those that are trained. None by default. */
  readonly weights?: (config: LayerConfig, className: string) => readonly WeightSlot[];
  /** Why this very layer cannot be expressed; undefined when it can. Asked before anything is lowered. */
  readonly problem?: (config: LayerConfig, dialect: Dialect, className: string) => string | undefined;
  /** Call arguments given by name that the layer understands; calls with others are reported. */
  readonly keywords?: readonly string[];
  /**
   * What becomes of the masks of its inputs. pass: the output has them too. own: `lower` sees them and sets that of its
   * outputs. By default they end here.
   */
  readonly masks?: 'pass' | 'own';
  /** The layer computes on integers as they are; others get their inputs cast, as Keras does. */
  readonly keepsDType?: true;
  readonly lower: (layer: Layer) => Value | readonly Value[];
};

export type WeightSlot = { readonly name: string; readonly isTrained: boolean };

/** A tensor inside the graph, in the layout Keras has it. */
export type Value = {
  /** Value name in the graph. */
  readonly name: string;
  readonly dtype: DType;
  /** The batch axis included; axes of unknown length are symbols. */
  readonly shape: Shape;
  /** Name of a boolean value (batch, time): false where a layer that minds masks shall not see the step. */
  readonly mask?: string | undefined;
  /** The value `of` with batch and time as one axis, where it is there already. */
  readonly folded?: { readonly of: string; readonly value: Value } | undefined;
};

/** One layer while it is called once: what it can ask for and how it adds nodes. */
export type Layer = {
  /** Path from the outermost model: `encoder/dense`. */
  readonly name: string;
  readonly className: string;
  readonly config: LayerConfig;
  readonly dialect: Dialect;
  readonly inputs: readonly Value[];
  /** The only input. Fails when there are several. */
  readonly input: Value;
  /** Tensors given by this name, floats in the layer's own dtype; [] when there are none. */
  keyword(name: string): readonly (Value | null)[];
  /** Everything an operator is called with, by position and by name; undefined for layers. */
  readonly arguments: Arguments<Value> | undefined;
  /** The plain value given by this name when the layer is called. */
  option(name: string): unknown;
  /** What the layer computes in. */
  readonly dtype: DType;
  /**
   * A weight as a constant of the graph, after its dims are checked (null fits anything) and `change` has brought it
   * into ONNX's order. Made once, however often the layer is called.
   */
  parameter(slot: string, dims: readonly (number | null)[], change?: (tensor: Tensor) => Tensor): Parameter;
  /** A constant made of several weights, kept under `name`. */
  combined(
    name: string,
    parts: readonly WeightPart[],
    make: (tensors: readonly Tensor[]) => Tensor,
  ): Parameter;
  /** Class of the layer that this one wraps. */
  readonly wrappedClass: string | undefined;
  /** Calls the layer that this one wraps; fails when it wraps none. */
  callWrapped(inputs: readonly Value[]): readonly Value[];
  /** Adds a node named after the layer, with `/suffix` when given, and returns its output. */
  add(opType: string, inputs: readonly string[], options?: NodeOptions): string;
  addAll(opType: string, inputs: readonly string[], count: number, options?: NodeOptions): readonly string[];
  /**
   * A graph for a node to run, such as the body of a Scan. `build` gets a layer that adds its nodes there; it sees all
   * values of the graph around, and its constants stay in that.
   */
  subgraph(
    suffix: string,
    inputs: readonly Value[],
    build: (layer: Layer, inputs: readonly Value[]) => readonly Value[],
  ): Graph;
  /** A constant in the layer's dtype, shared by all calls of the layer. */
  numbers(suffix: string, values: readonly number[], dims: readonly number[]): string;
  number(suffix: string, value: number): string;
  /** Any constant, shared by all calls of the layer and left in its dtype. */
  constant(suffix: string, tensor: Tensor): string;
  /** A one-dimensional int64 constant: axes, a shape. */
  ints(suffix: string, values: readonly number[]): string;
  /** Applies what an `activation` key says: a name, or a layer written as an object. */
  activate(value: Value, activation: unknown): Value;
  /** A name for an axis whose length is not known. */
  symbol(hint: string): string;
  /** Tells the user what the layer does otherwise than in Keras. */
  note(code: string, message: string): void;
  /** Throws MODEL_DAMAGED naming the layer. */
  fail(problem: string): never;
  /** Throws OP_UNSUPPORTED, for what only the shapes of the inputs tell; `problem` of the family is the rule. */
  refuse(reason: string): never;
};

export type WeightPart = { readonly slot: string; readonly dims: readonly (number | null)[] };

export type Parameter = { readonly name: string; readonly dims: readonly number[] };

export type NodeOptions = {
  readonly suffix?: string;
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** No index it takes counts from the end. */
  readonly countsForward?: true;
};

/** The usual weights of a layer with a kernel. */
export function kernelAndBias(config: LayerConfig, ...kernels: readonly string[]): WeightSlot[] {
  const names = kernels.length === 0 ? ['kernel'] : kernels;
  return [...names, ...(config.boolean('use_bias', true) ? ['bias'] : [])].map((name) => ({
    name,
    isTrained: true,
  }));
}
