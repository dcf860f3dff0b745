// What is known about the values of one graph, and of the graphs around it.

import type { Graph, Shape, ValueType } from '../graph/model.ts';
import { elementCount, type Tensor } from '../graph/tensor.ts';
import { numbersIn } from './integers.ts';

/** Longest list of integers followed; shape arithmetic stays far below it. */
export const MOST_INTEGERS = 256;

/** What is known inside one graph; names not found here are those of the graph around it. */
export type Scope = {
  readonly graph: Graph;
  readonly parent: Scope | undefined;
  readonly depth: number;
  /** In a function: it is upgraded on its own, once, and not with each call. */
  readonly isCall: boolean;
  /** In a branch that is never taken: what cannot fit there does no harm. */
  readonly isDead: boolean;
  readonly integers: Map<string, Shape>;
  readonly constants: Map<string, Tensor>;
};

export function typeOf(scope: Scope, name: string): ValueType | undefined {
  if (name === '') return undefined;
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const type = at.graph.types.get(name);
    if (type !== undefined) return type;
  }
  return undefined;
}

export function constantOf(scope: Scope, name: string): Tensor | undefined {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const tensor = at.graph.initializers.get(name) ?? at.constants.get(name);
    if (tensor !== undefined) return tensor;
    if (at.graph.types.has(name)) return undefined;
  }
  return undefined;
}

export function integersOf(scope: Scope, name: string): Shape | undefined {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const values = at.integers.get(name);
    if (values !== undefined) return values;
    if (at.graph.types.has(name)) break;
  }
  const tensor = constantOf(scope, name);
  return tensor && elementCount(tensor.dims) <= MOST_INTEGERS ? numbersIn(tensor) : undefined;
}
