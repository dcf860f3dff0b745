// The axes a normalisation works over: one or several, the last by default.

import type { Layer } from './layer.ts';

/** In ascending order, counted from the front; never the batch. */
export function normalizedAxes(layer: Layer, rank: number): number[] {
  const { config } = layer;
  const given = config.get('axis') === undefined ? [-1] : config.list('axis');
  const axes = given.map((axis) => (axis < 0 ? axis + rank : axis));
  const isPlain = axes.every((axis) => axis >= 1 && axis < rank) && new Set(axes).size === axes.length;
  if (!isPlain || axes.length === 0) {
    layer.fail(`it normalises the axes ${given.join(', ')} of an input with ${rank}`);
  }
  return axes.sort((a, b) => a - b);
}

/** The name of a weight of the shape of these axes; axes between them have length 1, so that it broadcasts. */
export function alongAxes(layer: Layer, name: string, axes: readonly number[]): string {
  const { shape } = layer.input;
  const dims = axes.map((axis) => shape[axis]).map((dim) => (typeof dim === 'number' ? dim : null));
  const first = axes[0] ?? 0;
  return layer.parameter(name, dims, (tensor) => ({
    ...tensor,
    dims: shape.slice(first).map((_, at) => tensor.dims[axes.indexOf(first + at)] ?? 1),
  })).name;
}
