// Models of a few nodes, for tests.

import type { DType } from '../../src/graph/dtype.ts';
import type { Attribute, Graph, Model, Node, Shape } from '../../src/graph/model.ts';
import { tensorType } from '../../src/graph/model.ts';
import type { Tensor } from '../../src/graph/tensor.ts';

export type SmallNode = readonly [
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes?: Readonly<Record<string, Attribute>>,
];

export type SmallGraph = {
  /** A shape, of float32, or [dtype, shape]. */
  readonly inputs?: Readonly<Record<string, Shape | undefined | readonly [DType, Shape | undefined]>>;
  readonly constants?: Readonly<Record<string, Tensor>>;
  readonly nodes: readonly SmallNode[];
  /** Names, or [name, dtype, shape] to declare a type; float32 of unknown rank otherwise. */
  readonly outputs?: readonly (string | readonly [string, DType, Shape?])[];
};

export function smallModel(opset: number, parts: SmallGraph): Model {
  return {
    graph: smallGraph(parts),
    opsets: new Map([['', opset]]),
    functions: [],
    producer: { name: 'test', version: '0' },
    metadata: new Map(),
  };
}

export function smallGraph({ inputs = {}, constants = {}, nodes, outputs }: SmallGraph): Graph {
  const graph: Graph = {
    name: 'small',
    inputs: Object.keys(inputs),
    outputs: [],
    nodes: nodes.map(smallNode),
    initializers: new Map(Object.entries(constants)),
    types: new Map(),
  };
  for (const [name, type] of Object.entries(inputs)) {
    const [dtype, shape] = isTyped(type) ? type : (['float32', type] as const);
    graph.types.set(name, tensorType(dtype, shape));
  }
  for (const output of outputs ?? graph.nodes.at(-1)?.outputs ?? []) {
    const [name, dtype, shape] = typeof output === 'string' ? ([output] as const) : output;
    graph.outputs.push(name);
    if (dtype !== undefined) graph.types.set(name, tensorType(dtype, shape));
  }
  return graph;
}

export function smallNode([opType, inputs, outputs, attributes = {}]: SmallNode, index = 0): Node {
  return {
    name: `${opType}_${index}`,
    opType,
    domain: '',
    inputs: [...inputs],
    outputs: [...outputs],
    attributes: new Map(Object.entries(attributes)),
  };
}

function isTyped(type: unknown): type is readonly [DType, Shape | undefined] {
  return Array.isArray(type) && type.length === 2 && (Array.isArray(type[1]) || type[1] === undefined);
}
