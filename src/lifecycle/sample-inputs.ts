// Seeded inputs for a model of which nothing is known but its signature and, where there is one, its graph.

import { dtypes } from '../graph/dtype.ts';
import { type Dim, type Graph, type Model, type Shape, shapeOf } from '../graph/model.ts';
import { constantsOf } from '../graph/reading.ts';
import { elementCount, type Tensor, type TypedArray } from '../graph/tensor.ts';
import { withKnownLengths } from '../passes/interface/known-lengths.ts';
import type { Feeds, TensorInfo } from '../runtimes/session.ts';
import { centersOf } from './sample-centers.ts';

export type SampleOptions = {
  readonly seed?: number;
  /** Length of a symbolic first axis. */
  readonly batch?: number;
  /** Length of the other symbolic axes: of images (rank 4 and up), and of everything else. */
  readonly spatial?: number;
  readonly length?: number;
  /** Where inputs are looked up in tables, so that indices stay inside them, and what real ones are centered on. */
  readonly model?: Model;
};

/**
 * One set of feeds. Floats are uniform in −1…1, or in 0…2c where the model centers them on a c far from 0; integers small
 * and not negative, as are float32 indices of tables; axes with the same symbol have the same length. The same seed gives
 * the same numbers.
 *
 * @example
 * const feeds = sampleInputs(session.inputs, { seed: 1, batch: 4 });
 */
export function sampleInputs(inputs: readonly TensorInfo[], options: SampleOptions = {}): Feeds {
  const limits = options.model ? indexLimits(options.model.graph) : new Map<string, number>();
  const choices = options.model ? comparedWith(options.model.graph) : new Map<string, bigint>();
  const centers = options.model ? centersOf(options.model.graph) : new Map<string, number>();
  const symbols = new Map<string, number>();
  const feeds: Record<string, Tensor> = {};
  const stated = options.model ? withKnownLengths(inputs, options.model.graph, 'any') : inputs;
  for (const [position, { name, dtype, shape }] of stated.entries()) {
    // Each input has numbers of its own, whatever inputs come before it.
    const random = generator((options.seed ?? 0) * 1000003 + position);
    const dims = dimsOf(shape ?? [], symbols, options);
    feeds[name] = { dtype, dims, data: dataOf(dtype, elementCount(dims), random, limits.get(name)) };
    const center = centers.get(name);
    if (center !== undefined && dtype === 'float32') shift(feeds[name].data as Float32Array, center);
    const limit = limits.get(name);
    if (limit !== undefined && dtype === 'float32') count(feeds[name].data as Float32Array, limit);
    const choice = choices.get(name);
    if (choice !== undefined && dtype === 'int64') feeds[name] = filled(dims, choice);
  }
  return feeds;
}

/** Rows of the feeds: the length of the first axis where the model leaves it open, otherwise 1. */
export function rowsOf(inputs: readonly TensorInfo[], feeds: Feeds): number {
  const open = inputs.find(
    ({ shape }) => shape !== undefined && shape.length > 0 && typeof shape[0] !== 'number',
  );
  return open ? (feeds[open.name]?.dims[0] ?? 1) : 1;
}

function dimsOf(shape: Shape, symbols: Map<string, number>, options: SampleOptions): number[] {
  // The state of a recurrent layer is [layers, batch, units]: one open axis, and not the first.
  const isState =
    shape.length === 3 && shape.every((dim, axis) => (typeof dim === 'number') === (axis !== 1));
  return shape.map((dim, axis) => lengthOf(dim, axis, isState ? 1 : 0, shape.length, symbols, options));
}

function lengthOf(
  dim: Dim,
  axis: number,
  batchAxis: number,
  rank: number,
  symbols: Map<string, number>,
  options: SampleOptions,
): number {
  if (typeof dim === 'number') return dim;
  const known = dim === null ? undefined : symbols.get(dim);
  if (known !== undefined) return known;
  const inside = rank >= 4 ? (options.spatial ?? 32) : (options.length ?? 8);
  const length = axis === batchAxis ? (options.batch ?? 4) : inside;
  if (dim !== null) symbols.set(dim, length);
  return length;
}

function dataOf(
  dtype: Tensor['dtype'],
  count: number,
  random: () => number,
  limit: number | undefined,
): Tensor['data'] {
  if (dtype === 'string')
    return Array.from({ length: count }, () => words[Math.floor(random() * words.length)] ?? '');
  const array = dtypes[dtype].array;
  const packed = Math.ceil((count * dtypes[dtype].bits) / (8 * array.BYTES_PER_ELEMENT));
  const data: TypedArray = new array(packed);
  const value = numberMaker(dtype, limit);
  for (let i = 0; i < data.length; i++) data[i] = value(random()) as never;
  return data;
}

/** −1…1 becomes 0 … 2 · center. */
function shift(data: Float32Array, center: number): void {
  for (const [at, value] of data.entries()) data[at] = center + center * value;
}

/** −1…1 becomes 0 … limit − 1, in whole numbers: Keras takes the indices of an Embedding as float32 unless told other. */
function count(data: Float32Array, limit: number): void {
  for (const [at, value] of data.entries())
    data[at] = Math.min(limit - 1, Math.floor(((value + 1) / 2) * limit));
}

const words = ['a', 'b', 'c', 'good', 'bad'];

/** A number of the dtype from one in 0…1. */
function numberMaker(dtype: Tensor['dtype'], limit: number | undefined): (random: number) => number | bigint {
  switch (dtype) {
    case 'float32':
    case 'float64':
    case 'complex64':
    case 'complex128':
      return (random) => random * 2 - 1;
    case 'float16':
      // Sign and a magnitude of 0.25 to 1, as bits: exponent 13 or 14, any fraction.
      return (random) =>
        ((random < 0.5 ? 0x8000 : 0) | (0x3400 + Math.floor(((random * 2) % 1) * 0x800))) & 0xffff;
    case 'bfloat16':
      return (random) =>
        ((random < 0.5 ? 0x8000 : 0) | (0x3e80 + Math.floor(((random * 2) % 1) * 0x100))) & 0xffff;
    case 'bool':
      return (random) => (random < 0.5 ? 0 : 1);
    case 'uint8':
      return (random) => Math.floor(random * (limit ?? 256));
    case 'int64':
    case 'uint64':
      return (random) => BigInt(Math.floor(random * (limit ?? 10)));
    default:
      return (random) => Math.floor(random * (limit ?? 10));
  }
}

/** For each graph input that selects entries of a constant table (an embedding), the number of entries. */
function indexLimits(graph: Graph): Map<string, number> {
  const origin = new Map<string, string>(graph.inputs.map((name) => [name, name]));
  const limits = new Map<string, number>();
  for (const node of graph.nodes) {
    const [first = '', second = ''] = node.inputs;
    const from = origin.get(first);
    if (from !== undefined && passesOn.has(node.opType)) {
      for (const output of node.outputs) origin.set(output, from);
    }
    const index = origin.get(second);
    if (index === undefined || !looksUp.has(node.opType)) continue;
    const axis = node.attributes.get('axis');
    const shape = graph.initializers.get(first)?.dims ?? shapeOf(graph.types.get(first));
    const length = shape?.at(axis?.type === 'int' ? axis.value : 0);
    if (typeof length === 'number')
      limits.set(index, Math.min(limits.get(index) ?? length, Math.max(1, length)));
  }
  return limits;
}

const passesOn = new Set([
  'Cast',
  'Clip',
  'Identity',
  'Reshape',
  'Squeeze',
  'Unsqueeze',
  'Transpose',
  'Flatten',
  'Split',
  'Slice',
]);
const looksUp = new Set(['Gather', 'GatherElements']);

/** For each graph input that is only compared with a constant (a sampling rate, a mode), the first such constant. */
function comparedWith(graph: Graph): Map<string, bigint> {
  const inputs = new Set(graph.inputs);
  const constants = constantsOf(graph);
  const found = new Map<string, bigint>();
  for (const node of graph.nodes) {
    if (node.opType !== 'Equal') continue;
    const input = node.inputs.find((name) => inputs.has(name));
    const constant = constants.get(node.inputs.find((name) => name !== input) ?? '');
    const value = constant?.dtype === 'int64' && constant.data.length === 1 ? constant.data[0] : undefined;
    if (input !== undefined && typeof value === 'bigint' && !found.has(input)) found.set(input, value);
  }
  return found;
}

function filled(dims: readonly number[], value: bigint): Tensor {
  return { dtype: 'int64', dims, data: new BigInt64Array(elementCount(dims)).fill(value) };
}

/** mulberry32: uniform in 0…1, the same on every machine. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
