// https://keras.io/api/layers/preprocessing_layers/numerical/normalization/
// (x - mean) / max(sqrt(variance), 1e-7), with statistics the layer learned from data or was given; or the way back.

import type { LayerConfig } from '../config.ts';
import type { Layer, LayerFamily } from '../layer.ts';

export default {
  classNames: ['Normalization'],
  weights: (config) =>
    isGiven(config) ? [] : ['mean', 'variance', 'count'].map((name) => ({ name, isTrained: false })),
  problem: (config) =>
    isGiven(config) && (flat(config.get('mean')) === undefined || flat(config.get('variance')) === undefined)
      ? 'its mean and variance are not numbers'
      : undefined,
  lower(layer) {
    const { input, config } = layer;
    const { mean, deviation } = isGiven(config) ? given(layer) : learned(layer);
    if (config.boolean('invert', false)) {
      const scaled = layer.add('Mul', [input.name, deviation], { suffix: 'mul' });
      return { ...input, name: layer.add('Add', [scaled, mean]) };
    }
    const centred = layer.add('Sub', [input.name, mean], { suffix: 'sub' });
    return { ...input, name: layer.add('Div', [centred, deviation]) };
  },
} satisfies LayerFamily;

const LEAST = 1e-7;

type Statistics = { readonly mean: string; readonly deviation: string };

function learned(layer: Layer): Statistics {
  const axes = keptAxes(layer);
  const sizes = axes.map((axis) => layer.input.shape[axis]);
  const dims = sizes.map((size) => (typeof size === 'number' ? size : null));
  const mean = layer.parameter('mean', dims, (tensor) => ({
    ...tensor,
    dims: broadcast(layer, axes, tensor.dims),
  }));
  const variance = layer.parameter('variance', dims, (tensor) => ({ ...tensor, dims: mean.dims }));
  const root = layer.add('Sqrt', [variance.name], { suffix: 'sqrt' });
  const deviation = layer.add('Max', [root, layer.number('epsilon', LEAST)], { suffix: 'max' });
  return { mean: mean.name, deviation };
}

/** One number, or one for each element along the kept axes. */
function given(layer: Layer): Statistics {
  const axes = keptAxes(layer);
  const sizes = axes.map((axis) => layer.input.shape[axis]);
  const place = (suffix: string, values: readonly number[]) => {
    if (values.length === 1) return layer.numbers(suffix, values, []);
    const known = sizes.map((size) => (typeof size === 'number' ? size : values.length));
    if (known.reduce((product, size) => product * size, 1) !== values.length) {
      layer.fail(`its ${suffix} has ${values.length} numbers where ${sizes.join(' x ')} are expected`);
    }
    return layer.numbers(suffix, values, broadcast(layer, axes, known));
  };
  const variance = flat(layer.config.get('variance')) ?? [];
  const mean = place('mean', flat(layer.config.get('mean')) ?? []);
  return {
    mean,
    deviation: place(
      'deviation',
      variance.map((value) => Math.max(Math.sqrt(value), LEAST)),
    ),
  };
}

/** Axes that have statistics of their own, ascending; none when there is one mean for everything. */
function keptAxes(layer: Layer): number[] {
  const { config, input } = layer;
  const rank = input.shape.length;
  const axis = config.get('axis');
  const stated = axis === undefined ? [-1] : axis === null ? [] : config.list('axis');
  return stated
    .map((item) => (item < 0 ? item + rank : item))
    .map((item) => (item >= 0 && item < rank ? item : layer.fail(`it has no axis ${item}`)))
    .sort((a, b) => a - b);
}

/** Dims of the statistics with length 1 in all other axes, leading ones left out. */
function broadcast({ input }: Layer, axes: readonly number[], sizes: readonly number[]): number[] {
  const [first] = axes;
  if (first === undefined) return [];
  return input.shape.slice(first).map((_, at) => sizes[axes.indexOf(first + at)] ?? 1);
}

function isGiven(config: LayerConfig): boolean {
  return (config.get('mean') ?? null) !== null;
}

/** The numbers of a nested list, in order; undefined when something else is in it. */
function flat(value: unknown): number[] | undefined {
  const items: unknown[] = Array.isArray(value) ? value.flat(32) : [value];
  return items.every((item) => typeof item === 'number') ? items : undefined;
}
