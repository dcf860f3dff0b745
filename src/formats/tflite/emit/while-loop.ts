// WHILE: a condition and a body, subgraphs that take the same variables. What the body reads of the graph around it and
// is not constant becomes a variable that never changes, because subgraphs see nothing but their inputs.

import type { Graph } from '../../../graph/model.ts';
import { capturedValues } from '../../../graph/order.ts';
import type { Emission, Like } from './emission.ts';

export type Variable = { readonly like: Like /** Tensor outside. */; readonly initial: number };

export type Loop = {
  readonly name: string;
  readonly graph: Graph;
  readonly variables: readonly Variable[];
  /** Whether to go on, as a bool scalar. */
  readonly condition: (inside: Emission, variables: readonly number[]) => number;
  /** Called with the body's variables; emits the body and returns their next values. */
  readonly body: (inside: Emission, variables: readonly number[]) => readonly number[];
};

/** Returns the tensors that hold the variables after the loop. */
export function whileLoop(emission: Emission, loop: Loop): number[] {
  const { file } = emission;
  const captured = capturesOf(loop.graph, emission);
  const all: Variable[] = [
    ...loop.variables,
    ...captured.map((value) => {
      const initial = emission.in(value);
      return { like: { ...emission.like(initial), name: value }, initial };
    }),
  ];
  const own = loop.variables.length;
  const condition = file.begin(`${loop.name}/condition`, empty(loop.name), emission);
  condition.inputs = declare(condition.emission, all);
  condition.outputs = [loop.condition(condition.emission, condition.inputs.slice(0, own))];
  const body = file.begin(`${loop.name}/body`, loop.graph, emission);
  body.emission.node = emission.node;
  body.inputs = declare(body.emission, all);
  for (const [at, value] of captured.entries()) body.emission.alias(value, body.inputs[own + at] ?? -1);
  const next = loop.body(body.emission, body.inputs.slice(0, own));
  body.outputs = [...next, ...body.inputs.slice(own)];
  const results = all.map(({ like }) => emission.temp(like));
  emission.op(
    'WHILE',
    all.map(({ initial }) => initial),
    results,
    { condSubgraphIndex: condition.index, bodySubgraphIndex: body.index },
  );
  return results.slice(0, own);
}

/** What a graph inside reads of the graph around it, constants left out: those are written into it. */
export function capturesOf(graph: Graph, outer: Emission): string[] {
  return [...capturedValues(graph)].filter((value) => outer.constant(value) === undefined);
}

function declare(inside: Emission, variables: readonly Variable[]): number[] {
  return variables.map(({ like: { dtype, shape, name } }) =>
    inside.add({ name: inside.named(name ?? 'variable'), type: dtype, shape }),
  );
}

function empty(name: string): Graph {
  return { name, inputs: [], outputs: [], nodes: [], initializers: new Map(), types: new Map() };
}
