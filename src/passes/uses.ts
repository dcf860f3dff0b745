// The index every pass works through: who makes a value, who reads it, which constant it holds. A pass changes the
// graph only by these methods, so the index stays true and no pass has to search the node list.

import type { Attribute, Graph, Node, Shape, ValueType } from '../graph/model.ts';
import { shapeOf, tensorType } from '../graph/model.ts';
import { sortNodes } from '../graph/order.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { Names } from './names.ts';
import { nestedGraphs } from './nested.ts';

/** One reading of a value: input `index` of `node`. `inner`: the node sits in a sub-graph and captures the value. */
export type Use = { readonly node: Node; readonly index: number; readonly inner: boolean };

export type NewNode = {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Output names; one fresh name by default. */
  readonly outputs?: readonly string[];
  /** Types of the outputs, where known. */
  readonly types?: readonly (ValueType | undefined)[];
};

export class Rewriter {
  readonly graph: Graph;
  readonly outer: Rewriter | undefined;
  readonly #names: Names;
  readonly #inputs: ReadonlySet<string>;
  readonly #pinned: Set<string>;
  readonly #producers = new Map<string, Node>();
  readonly #uses = new Map<string, Set<Use>>();
  readonly #slots = new Map<Node, Use[]>();
  readonly #nodes: Set<Node>;
  #changed = false;

  constructor(graph: Graph, names: Names, outer?: Rewriter) {
    this.graph = graph;
    this.outer = outer;
    this.#names = names;
    this.#inputs = new Set(graph.inputs);
    this.#pinned = new Set(graph.outputs);
    this.#nodes = new Set(graph.nodes);
    for (const node of graph.nodes) {
      for (const output of node.outputs) if (output) this.#producers.set(output, node);
      this.#index(node, false);
    }
    const own = new Set(graph.inputs);
    for (const name of graph.initializers.keys()) own.add(name);
    for (const name of this.#producers.keys()) own.add(name);
    for (const node of graph.nodes) {
      for (const inner of nestedGraphs(node)) this.#indexInner(inner, own);
    }
  }

  /** Live nodes in their present order; nodes added last come last until `commit`. */
  nodes(): Node[] {
    return [...this.#nodes];
  }

  has(node: Node): boolean {
    return this.#nodes.has(node);
  }

  producer(value: string): Node | undefined {
    return this.#producers.get(value);
  }

  users(value: string): Use[] {
    return [...(this.#uses.get(value) ?? [])];
  }

  useCount(value: string): number {
    return this.#uses.get(value)?.size ?? 0;
  }

  /** A graph output (of this graph or of one inside it): the name has to stay and mean the same. */
  isPinned(value: string): boolean {
    return this.#pinned.has(value);
  }

  isInput(value: string): boolean {
    return this.#inputs.has(value);
  }

  /** Comes from the enclosing graph. */
  isCaptured(value: string): boolean {
    return !this.#producers.has(value) && !this.#inputs.has(value) && !this.graph.initializers.has(value);
  }

  /** The one node that reads `value`, when nothing else depends on it. */
  onlyUser(value: string): Node | undefined {
    const uses = this.#uses.get(value);
    if (uses?.size !== 1 || this.#pinned.has(value)) return undefined;
    const [use] = uses;
    return use && !use.inner ? use.node : undefined;
  }

  /** The value of a constant; an initializer that is also a graph input is only a default, not a constant. */
  constant(value: string | undefined): Tensor | undefined {
    if (!value || this.#inputs.has(value) || this.#producers.has(value)) return undefined;
    return this.graph.initializers.get(value) ?? this.outer?.constant(value);
  }

  type(value: string): ValueType | undefined {
    const found = this.graph.types.get(value);
    if (found) return found;
    const held = this.graph.initializers.get(value);
    if (held) return tensorType(held.dtype, held.dims);
    return this.isCaptured(value) ? this.outer?.type(value) : undefined;
  }

  /** The shape, when the value is a tensor of known rank. */
  shape(value: string | undefined): Shape | undefined {
    return value ? shapeOf(this.type(value)) : undefined;
  }

  dtype(value: string | undefined): string | undefined {
    const type = value ? this.type(value) : undefined;
    return type?.kind === 'tensor' ? type.dtype : undefined;
  }

  fresh(name: string): string {
    return this.#names.value(name);
  }

  addConstant(name: string, tensor: Tensor): string {
    const value = this.fresh(name);
    this.graph.initializers.set(value, tensor);
    this.graph.types.set(value, tensorType(tensor.dtype, tensor.dims));
    this.#changed = true;
    return value;
  }

  /** Gives a value that a removed node made as a constant instead. */
  setConstant(value: string, tensor: Tensor): void {
    this.graph.initializers.set(value, tensor);
    this.graph.types.set(value, tensorType(tensor.dtype, tensor.dims));
    this.#changed = true;
  }

  /** Adds a node and returns it. Its place in the list is found by `commit`. */
  add(opType: string, inputs: readonly string[], options: NewNode): Node {
    const node: Node = {
      name: this.#names.node(options.name),
      opType,
      domain: '',
      inputs: [...inputs],
      outputs: options.outputs ? [...options.outputs] : [this.fresh(options.name)],
      attributes: new Map(Object.entries(options.attributes ?? {})),
    };
    for (const [index, output] of node.outputs.entries()) {
      this.#producers.set(output, node);
      const type = options.types?.[index];
      if (type) this.graph.types.set(output, type);
    }
    this.#nodes.add(node);
    this.#index(node, false);
    this.#changed = true;
    return node;
  }

  remove(node: Node): void {
    for (const use of this.#slots.get(node) ?? []) this.#uses.get(node.inputs[use.index] ?? '')?.delete(use);
    this.#slots.delete(node);
    for (const output of node.outputs) {
      if (this.#producers.get(output) === node) this.#producers.delete(output);
    }
    this.#nodes.delete(node);
    this.#names.release(node.name);
    this.#changed = true;
  }

  setInput(node: Node, index: number, value: string): void {
    const use = this.#slots.get(node)?.[index];
    if (!use) throw new TypeError(`node ${node.name} has no input ${index}`);
    this.#uses.get(node.inputs[index] ?? '')?.delete(use);
    node.inputs[index] = value;
    this.#record(value, use);
    this.#changed = true;
  }

  /** Replaces the whole input list, whatever its length was. */
  setInputs(node: Node, inputs: readonly string[]): void {
    for (const use of this.#slots.get(node) ?? []) this.#uses.get(node.inputs[use.index] ?? '')?.delete(use);
    node.inputs = [...inputs];
    this.#index(node, false);
    this.#changed = true;
  }

  /** Names an output anew; readers of the old name are not touched. */
  setOutput(node: Node, index: number, value: string): void {
    const old = node.outputs[index];
    if (old && this.#producers.get(old) === node) this.#producers.delete(old);
    node.outputs[index] = value;
    if (value) this.#producers.set(value, node);
    this.#changed = true;
  }

  /** Lets every reader of `old` read `value` instead; returns how many did. */
  replaceUses(old: string, value: string): number {
    const uses = this.users(old);
    for (const use of uses) this.setInput(use.node, use.index, value);
    return uses.length;
  }

  /**
   * Takes a node out whose output `index` always equals its input `value`. Where the output's name must stay, the
   * maker of `value` takes that name over; false when that cannot be.
   */
  bypass(node: Node, value: string, index = 0): boolean {
    const output = node.outputs[index] ?? '';
    if (!this.#pinned.has(output)) {
      this.replaceUses(output, value);
      this.remove(node);
      return true;
    }
    const maker = this.#producers.get(value);
    if (!maker || this.#pinned.has(value)) return false;
    const type = this.graph.types.get(output) ?? this.graph.types.get(value);
    this.remove(node);
    this.setOutput(maker, maker.outputs.indexOf(value), output);
    this.replaceUses(value, output);
    this.graph.types.delete(value);
    if (type) this.graph.types.set(output, type);
    return true;
  }

  /** Writes the node list back in topological order and forgets the types of values that are gone. */
  commit(): void {
    if (!this.#changed) return;
    this.graph.nodes = sortNodes([...this.#nodes]);
    const known = new Set([...this.graph.inputs, ...this.graph.outputs, ...this.graph.initializers.keys()]);
    for (const node of this.graph.nodes) for (const output of node.outputs) known.add(output);
    for (const name of this.graph.types.keys()) if (!known.has(name)) this.graph.types.delete(name);
    this.#changed = false;
  }

  #index(node: Node, inner: boolean): void {
    const slots = node.inputs.map((_, index) => ({ node, index, inner }));
    this.#slots.set(node, slots);
    for (const [index, value] of node.inputs.entries()) this.#record(value, slots[index] as Use);
  }

  #record(value: string, use: Use): void {
    if (!value) return;
    const set = this.#uses.get(value);
    if (set) set.add(use);
    else this.#uses.set(value, new Set([use]));
  }

  // Readings of this graph's values from inside its sub-graphs. Names are unique along the nesting
  // (https://github.com/onnx/onnx/blob/main/docs/IR.md#names-within-a-graph), so a name match is enough.
  #indexInner(graph: Graph, own: ReadonlySet<string>): void {
    for (const node of graph.nodes) {
      const slots = node.inputs.map((_, index) => ({ node, index, inner: true }));
      this.#slots.set(node, slots);
      for (const [index, value] of node.inputs.entries()) {
        if (own.has(value)) this.#record(value, slots[index] as Use);
      }
      for (const inner of nestedGraphs(node)) this.#indexInner(inner, own);
    }
    for (const output of graph.outputs) if (own.has(output)) this.#pinned.add(output);
  }
}
