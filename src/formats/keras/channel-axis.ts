// Normalisations that ONNX does over axis 1 and Keras over any.

import { int } from '../../graph/attribute.ts';
import type { LayerConfig } from './config.ts';
import type { Layer } from './layer.ts';

/** The one axis in `axis`, the last by default, counted from the front; never the batch. */
export function oneAxis(config: LayerConfig, layer: Layer, rank: number): number {
  const [axis = -1] = config.get('axis') === undefined ? [-1] : config.list('axis');
  const positive = axis < 0 ? axis + rank : axis;
  if (positive < 1 || positive >= rank)
    layer.fail(`axis ${axis} is not one of the ${rank} axes of its input`);
  return positive;
}

/** Runs `work` with `axis` moved to 1, and puts its result back. */
export function withAxisAtOne(
  layer: Layer,
  input: string,
  axis: number,
  rank: number,
  work: (x: string) => string,
): string {
  if (axis === 1) return work(input);
  const others = Array.from({ length: rank - 1 }, (_, index) => index + 1).filter((other) => other !== axis);
  return permuted(layer, input, [0, axis, ...others], ['to_channels_first', 'to_channels_last'], work);
}

/** Runs `work` on the input with its axes in the order `forth`, and puts its result back. */
export function permuted(
  layer: Layer,
  input: string,
  forth: readonly number[],
  [before, after]: readonly [string, string],
  work: (x: string) => string,
): string {
  const back = forth.map((_, to) => forth.indexOf(to));
  const moved = layer.add('Transpose', [input], { suffix: before, attributes: { perm: int(forth) } });
  return layer.add('Transpose', [work(moved)], { suffix: after, attributes: { perm: int(back) } });
}
