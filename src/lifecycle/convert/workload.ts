// How long a run would take, from the shapes: a few bytes can describe hours of computing, and a run cannot be
// interrupted. Elementwise work is bounded by the size of values; here it is what is done many times for each element.

import { errors } from '../../errors.ts';
import { type Graph, type Model, type Node, type Shape, shapeOf } from '../../graph/model.ts';
import { allGraphs } from '../../passes/nested.ts';
import { weightBytes } from './memory.ts';

/** Multiplications and additions of a model, whatever its size: a few seconds. */
const HARMLESS_STEPS = 10e9;
/** On top of it: of a trained network, each weight is used once for each place it is moved to. */
const PER_WEIGHT_BYTE = 50_000;
/** A runtime's time to load grows with their square; no network has as many. */
const MOST_AT_BORDER = 2000;

/** Throws PARITY_UNCHECKED for a model whose comparison would take minutes for no reason. Types are inferred. */
export function checkWorkload(model: Model): void {
  const border = model.graph.inputs.length + model.graph.outputs.length;
  if (border > MOST_AT_BORDER) throw errors.PARITY_UNCHECKED(`it has ${border} inputs and outputs`);
  const steps = stepsOfAll(model);
  const most = HARMLESS_STEPS + PER_WEIGHT_BYTE * weightBytes(model);
  if (steps <= most) return;
  throw errors.PARITY_UNCHECKED(
    `one run would take ${(steps / 1e9).toFixed(0)} billion multiplications, more than weights of this size explain`,
  );
}

/** Multiplications and additions of one run, open axes being of length 1: at least so many. */
export function stepsOfAll(model: Model): number {
  let steps = 0;
  for (const graph of allGraphs(model)) for (const node of graph.nodes) steps += stepsOf(node, graph);
  return steps;
}

/** At least so many; 0 where a value is made at a glance, or its shape is not known. */
function stepsOf(node: Node, graph: Graph): number {
  if (node.domain !== '') return 0;
  const [first = '', second = ''] = node.inputs;
  const made = () => elements(graph, node.outputs[0] ?? '');
  switch (node.opType) {
    case 'Conv':
    case 'ConvInteger':
      return made() * elements(graph, second, 1);
    case 'QLinearConv':
      return made() * elements(graph, node.inputs[3] ?? '', 1);
    case 'ConvTranspose':
      return elements(graph, first) * elements(graph, second, 1);
    case 'MatMul':
    case 'MatMulInteger':
      return made() * lengthOf(graph, first, -1);
    case 'QLinearMatMul':
      return made() * lengthOf(graph, first, -1);
    case 'Gemm':
      return made() * lengthOf(graph, first, node.attributes.get('transA')?.value === 1 ? 0 : 1);
    case 'LSTM':
    case 'GRU':
    case 'RNN': {
      const rounds = lengthOf(graph, first, 0) * lengthOf(graph, first, 1);
      return rounds * (elements(graph, second) + elements(graph, node.inputs[2] ?? ''));
    }
    case 'AveragePool':
    case 'LpPool':
    case 'MaxPool': {
      const kernel = node.attributes.get('kernel_shape');
      const size =
        kernel?.type === 'ints' ? kernel.value.reduce((product, length) => product * length, 1) : 1;
      return made() * size;
    }
    default:
      return 0;
  }
}

/** Of a value, beginning with an axis; open axes have length 1. */
/** Open axes count as 1. */
export function elements(graph: Graph, name: string, from = 0): number {
  return (shape(graph, name) ?? []).slice(from).reduce<number>((count, dim) => count * known(dim), 1);
}

function lengthOf(graph: Graph, name: string, axis: number): number {
  return known(shape(graph, name)?.at(axis));
}

function shape({ initializers, types }: Graph, name: string): Shape | undefined {
  return initializers.get(name)?.dims ?? shapeOf(types.get(name));
}

function known(dim: number | string | null | undefined): number {
  return typeof dim === 'number' ? dim : 1;
}
