// Turns channels-last inputs into channels-first ones. The Transpose added here meets its opposite in front of the first
// convolution, and the layout pass removes both.
//
//   x: [N, H, W, C] → …     becomes     x: [N, C, H, W] → Transpose → …

import { errors } from '../../errors.ts';
import { int } from '../../graph/attribute.ts';
import type { Graph, Model, Node, Shape } from '../../graph/model.ts';
import { didYouMean } from '../../nearest.ts';
import { Names } from '../names.ts';
import { nestedGraphs } from '../nested.ts';

/** Changes the model in place. `names`: inputs, or `all` for every image and volume. Errors: USAGE. */
export function channelsFirst(model: Model, names: readonly string[]): void {
  const { graph } = model;
  const chosen = names.includes('all') && !graph.inputs.includes('all') ? imagesOf(graph) : names;
  const unique = new Names(model);
  for (const name of new Set(chosen)) {
    const shape = checkedShape(graph, name);
    const rank = shape.length;
    const channels = shape[rank - 1] ?? null;
    const value = unique.value(`${name}/channels_last`);
    const transpose: Node = {
      name: unique.node(`${name}/to_channels_last`),
      opType: 'Transpose',
      domain: '',
      inputs: [name],
      outputs: [value],
      attributes: new Map([['perm', int([0, ...range(2, rank), 1])]]),
    };
    for (const node of graph.nodes) replaceInput(node, name, value);
    graph.nodes.unshift(transpose);
    const type = graph.types.get(name);
    if (type?.kind !== 'tensor') continue;
    graph.types.set(value, type);
    graph.types.set(name, { ...type, shape: [shape[0] ?? null, channels, ...shape.slice(1, -1)] });
  }
}

function imagesOf(graph: Graph): string[] {
  const found = graph.inputs.filter((name) => [4, 5].includes(shapeOf(graph, name)?.length ?? 0));
  if (found.length === 0) {
    throw errors.USAGE(
      `--inputs-as-nchw all: no input has 4 or 5 axes (${graph.inputs.join(', ')})`,
      'name the inputs to change',
    );
  }
  return found;
}

function checkedShape(graph: Graph, name: string): Shape {
  if (!graph.inputs.includes(name)) {
    throw errors.USAGE(
      `--inputs-as-nchw: the model has no input ${JSON.stringify(name)}`,
      didYouMean(name, graph.inputs),
    );
  }
  const shape = shapeOf(graph, name);
  if (shape === undefined || shape.length < 3) {
    const axes = shape === undefined ? 'an unknown number of axes' : `the shape [${shape.join(', ')}]`;
    throw errors.USAGE(`--inputs-as-nchw: ${name} has ${axes}; channels are the last of at least 3`);
  }
  if (graph.outputs.includes(name)) {
    throw errors.USAGE(`--inputs-as-nchw: ${name} is an output of the model, too`);
  }
  return shape;
}

function shapeOf(graph: Graph, name: string): Shape | undefined {
  const type = graph.types.get(name);
  return type?.kind === 'tensor' ? type.shape : undefined;
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
