// Builds a graph node by node. Every reader of a foreign format lowers into one of these.

import type { DType } from './dtype.ts';
import {
  type Attribute,
  type Graph,
  type Model,
  OPSET,
  type Shape,
  type SourceLayer,
  tensorType,
} from './model.ts';
import { int64, scalar, type Tensor } from './tensor.ts';

/** Opset a domain is imported with when a node of it is added. */
const DOMAINS: Readonly<Record<string, number>> = { 'ai.onnx.ml': 3 };

export type BuilderNode = {
  /** Defaults to the op type; made unique by a suffix. */
  readonly name?: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly domain?: string;
  /** Names of the outputs; one fresh name by default. */
  readonly outputs?: readonly string[];
  /** Of Node. */
  readonly countsForward?: true;
};

/**
 * @example
 * const b = new GraphBuilder('tiny');
 * const x = b.input('x', 'float32', ['batch', 4]);
 * const w = b.constant('w', float32([4, 2], weights));
 * b.output('y', b.add('MatMul', [x, w]), 'float32', ['batch', 2]);
 * const model = b.model({ name: 'keras', version: '2.4.0' });
 */
export class GraphBuilder {
  readonly graph: Graph;
  readonly #layers: SourceLayer[] = [];
  readonly #values = new Names();
  readonly #nodes = new Names();

  constructor(name: string) {
    this.graph = { name, inputs: [], outputs: [], nodes: [], initializers: new Map(), types: new Map() };
  }

  /** Declares a graph input and returns its value name. */
  input(name: string, dtype: DType, shape: Shape): string {
    const value = this.fresh(name);
    this.graph.inputs.push(value);
    this.graph.types.set(value, tensorType(dtype, shape));
    return value;
  }

  /** Adds a constant and returns its value name, made unique. */
  constant(name: string, tensor: Tensor): string {
    const value = this.fresh(name);
    this.graph.initializers.set(value, tensor);
    this.graph.types.set(value, tensorType(tensor.dtype, tensor.dims));
    return value;
  }

  /** A one-dimensional int64 constant: a shape, axes, starts … */
  ints(name: string, values: readonly number[]): string {
    return this.constant(name, int64(values));
  }

  /** A float32 scalar constant. */
  number(name: string, value: number): string {
    return this.constant(name, scalar(value));
  }

  /** Adds a node with one output and returns that output's value name. */
  add(opType: string, inputs: readonly string[], options: BuilderNode = {}): string {
    const [output] = this.addAll(opType, inputs, 1, options);
    return output as string;
  }

  /** Adds a node with `count` outputs and returns their value names. */
  addAll(opType: string, inputs: readonly string[], count: number, options: BuilderNode = {}): string[] {
    const name = this.#nodes.unique(options.name ?? opType);
    const outputs = options.outputs
      ? options.outputs.map((output) => this.fresh(output))
      : Array.from({ length: count }, (_, index) => this.fresh(index === 0 ? name : `${name}:${index}`));
    this.graph.nodes.push({
      name,
      opType,
      domain: options.domain ?? '',
      inputs: [...inputs],
      outputs,
      attributes: new Map(Object.entries(options.attributes ?? {})),
      ...(options.countsForward ? { countsForward: true } : {}),
    });
    return outputs;
  }

  /** Declares `value` as the graph output called `name` (an Identity renames it where needed). */
  output(name: string, value: string, dtype: DType, shape: Shape): void {
    const output = this.add('Identity', [value], { name: `${name}/output`, outputs: [name] });
    this.graph.outputs.push(output);
    this.graph.types.set(output, tensorType(dtype, shape));
  }

  /** Remembers which values are the outputs of a layer. */
  layer(path: string, className: string, outputs: readonly string[]): void {
    this.#layers.push({ path, className, outputs });
  }

  /** A value name nobody uses yet, close to the one asked for. */
  fresh(name: string): string {
    return this.#values.unique(name);
  }

  model(producer: { name: string; version: string }, metadata = new Map<string, string>()): Model {
    const opsets = new Map([['', OPSET]]);
    for (const { domain } of this.graph.nodes) if (domain !== '') opsets.set(domain, DOMAINS[domain] ?? 1);
    const layers = this.#layers.length > 0 ? { layers: this.#layers } : {};
    return { graph: this.graph, opsets, functions: [], producer, metadata, ...layers };
  }
}

/** Names in use, each with the suffix to try next: a network of one layer repeated must not search from 1 every time. */
class Names {
  readonly #taken = new Set<string>();
  readonly #next = new Map<string, number>();

  unique(name: string): string {
    let candidate = name;
    let suffix = this.#next.get(name) ?? 1;
    while (this.#taken.has(candidate)) candidate = `${name}_${suffix++}`;
    this.#taken.add(candidate);
    this.#next.set(name, suffix);
    return candidate;
  }
}
