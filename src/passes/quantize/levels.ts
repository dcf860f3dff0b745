// A graph and the graphs around it, with what is float32 in them, for a rewrite that changes types everywhere at once.

import { type Graph, type Node, tensorType, type ValueType } from '../../graph/model.ts';
import type { Tensor } from '../../graph/tensor.ts';

export type Width = 'float16' | 'float32';

export type Level = {
  readonly graph: Graph;
  readonly outer: Level | undefined;
  /** Values made here, inputs and constants included. */
  readonly own: Set<string>;
  /** Values that are to be float16. */
  readonly half: Set<string>;
  /** What the float32 values that leave a sub-graph are to be. */
  readonly outputs: Width;
  /** The same value in its other type. */
  readonly others: Map<string, string>;
  /** Constants in half precision, by the name they are to have. */
  readonly constants: Map<string, Tensor>;
  readonly casts: Node[];
};

export function enter(graph: Graph, outer: Level | undefined, outputs: Width): Level {
  const own = new Set([...graph.inputs, ...graph.initializers.keys()]);
  for (const node of graph.nodes) for (const output of node.outputs) own.add(output);
  const none = { half: new Set<string>(), others: new Map(), constants: new Map(), casts: [] };
  return { graph, outer, own, outputs, ...none };
}

/** The graph that makes a value. */
export function ownerOf(level: Level, value: string): Level | undefined {
  for (let at: Level | undefined = level; at; at = at.outer) if (at.own.has(value)) return at;
  return undefined;
}

/** The value of a constant; an initializer that is also a graph input is only a default. */
export function constantIn(level: Level, value: string): Tensor | undefined {
  const graph = ownerOf(level, value)?.graph;
  return graph?.inputs.includes(value) ? undefined : graph?.initializers.get(value);
}

export function typeIn(level: Level, value: string): ValueType | undefined {
  const graph = ownerOf(level, value)?.graph;
  const held = graph?.initializers.get(value);
  return held ? tensorType(held.dtype, held.dims) : graph?.types.get(value);
}

export function isSingle(level: Level, value: string): boolean {
  const type = value === '' ? undefined : typeIn(level, value);
  return type?.kind === 'tensor' && type.dtype === 'float32';
}

export function touchesSingle(level: Level, node: Node): boolean {
  return [...node.inputs, ...node.outputs].some((value) => isSingle(level, value));
}

/** Everything it reads and makes is a tensor of known type. */
export function isPlain(level: Level, node: Node): boolean {
  const values = [...node.inputs, ...node.outputs];
  return values.every((value) => value === '' || typeIn(level, value)?.kind === 'tensor');
}
