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
