// Takes inputs with their channels elsewhere than the model has them. The Transpose added here meets its opposite in front
// of the first convolution, and the layout pass removes both; of channels-last inputs, it does so when TFLite is written.
//
//   x: [N, H, W, C] → …     becomes     x: [N, C, H, W] → Transpose → …     and the other way round

import { errors } from '../../errors.ts';
import { int } from '../../graph/attribute.ts';
import { type Graph, type Model, type Node, type Shape, shapeOf } from '../../graph/model.ts';
import { didYouMean } from '../../nearest.ts';
import { Names } from '../names.ts';
import { nestedGraphs } from '../nested.ts';

type Turn = {
  readonly flag: string;
  /** What the model has. */
  readonly from: string;
  /** The new shape, out of the old one. */
  readonly shape: (old: Shape) => Shape;
  /** From the new order back to the old one. */
  readonly perm: (rank: number) => number[];
};

const toFirst: Turn = {
  flag: '--inputs-as-nchw',
  from: 'channels_last',
  shape: ([rows = null, ...rest]) => [rows, rest.at(-1) ?? null, ...rest.slice(0, -1)],
  perm: (rank) => [0, ...range(2, rank), 1],
};

const toLast: Turn = {
  flag: '--inputs-as-nhwc',
  from: 'channels_first',
  shape: ([rows = null, channels = null, ...rest]) => [rows, ...rest, channels],
  perm: (rank) => [0, rank - 1, ...range(1, rank - 1)],
};

/** Changes the model in place. `names`: channels-last inputs, or `all` for every image and volume. Errors: USAGE. */
export function inputsAsChannelsFirst(model: Model, names: readonly string[]): void {
  turnInputs(model, names, toFirst);
}

/** The same for channels-first inputs. */
export function inputsAsChannelsLast(model: Model, names: readonly string[]): void {
  turnInputs(model, names, toLast);
}

function turnInputs(model: Model, names: readonly string[], turn: Turn): void {
  const { graph } = model;
  const chosen = names.includes('all') && !graph.inputs.includes('all') ? imagesOf(graph, turn) : names;
  const unique = new Names(model);
  for (const name of new Set(chosen)) {
    const shape = checkedShape(graph, name, turn);
    const value = unique.value(`${name}/${turn.from}`);
    const transpose: Node = {
      name: unique.node(`${name}/to_${turn.from}`),
      opType: 'Transpose',
      domain: '',
      inputs: [name],
      outputs: [value],
      attributes: new Map([['perm', int(turn.perm(shape.length))]]),
    };
    for (const node of graph.nodes) replaceInput(node, name, value);
    graph.nodes.unshift(transpose);
    const type = graph.types.get(name);
    if (type?.kind !== 'tensor') continue;
    graph.types.set(value, type);
    graph.types.set(name, { ...type, shape: turn.shape(shape) });
  }
}

function imagesOf(graph: Graph, { flag }: Turn): string[] {
  const found = graph.inputs.filter((name) => [4, 5].includes(shapeOf(graph.types.get(name))?.length ?? 0));
  if (found.length === 0) {
    throw errors.USAGE(
      `${flag} all: no input has 4 or 5 axes (${graph.inputs.join(', ')})`,
      'name the inputs to change',
    );
  }
  return found;
}

function checkedShape(graph: Graph, name: string, { flag, from }: Turn): Shape {
  if (!graph.inputs.includes(name)) {
    throw errors.USAGE(
      `${flag}: the model has no input ${JSON.stringify(name)}`,
      didYouMean(name, graph.inputs),
    );
  }
  const shape = shapeOf(graph.types.get(name));
  if (shape === undefined || shape.length < 3) {
    const axes = shape === undefined ? 'an unknown number of axes' : `the shape [${shape.join(', ')}]`;
    throw errors.USAGE(
      `${flag}: ${name} has ${axes}; channels are the ${from === 'channels_last' ? 'last' : 'second'} of at least 3`,
    );
  }
  if (graph.outputs.includes(name)) {
    throw errors.USAGE(`${flag}: ${name} is an output of the model, too`);
  }
  return shape;
}

/** Names are unique along the nesting, so that the same name further in is the same value. */
function replaceInput(node: Node, from: string, to: string): void {
  node.inputs = node.inputs.map((input) => (input === from ? to : input));
  for (const inner of nestedGraphs(node)) {
    inner.outputs = inner.outputs.map((output) => (output === from ? to : output));
    for (const each of inner.nodes) replaceInput(each, from, to);
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}
