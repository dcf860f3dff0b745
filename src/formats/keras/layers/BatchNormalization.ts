// https://keras.io/api/layers/normalization_layers/batch_normalization/
// gamma * (x - moving_mean) / sqrt(moving_variance + epsilon) + beta, along one axis. Keras 1 calls the variance running_std.

import { float, int } from '../../../graph/attribute.ts';
import type { LayerConfig } from '../config.ts';
import type { Layer, LayerFamily } from '../layer.ts';

export default {
  classNames: [
    'BatchNormalization',
    'BatchNormalizationV1',
    'BatchNormalizationV2',
    'SyncBatchNormalization',
  ],
  weights: (config) => [
    ...(config.boolean('scale', true) ? [{ name: 'gamma', isTrained: true }] : []),
    ...(config.boolean('center', true) ? [{ name: 'beta', isTrained: true }] : []),
    { name: 'moving_mean', isTrained: false },
    { name: 'moving_variance', isTrained: false },
  ],
  problem(config) {
    const mode = config.get('mode') ?? 0;
    if (mode !== 0) return `mode ${String(mode)} normalises with statistics of the batch it is given`;
    return Array.isArray(config.get('axis')) && config.list('axis').length > 1
      ? 'more than one axis is normalised'
      : undefined;
  },
  lower(layer) {
    const { input, config } = layer;
    for (const key of ['mode', 'momentum', 'renorm', 'virtual_batch_size', 'fused', 'synchronized'])
      config.get(key);
    const rank = input.shape.length;
    const axis = axisOf(config, layer, rank);
    const size = input.shape[axis];
    const mean = layer.parameter('moving_mean', [typeof size === 'number' ? size : null]);
    const variance = layer.parameter('moving_variance', mean.dims);
    const filled = (suffix: string, value: number) =>
      layer.numbers(suffix, new Array(mean.dims[0] ?? 0).fill(value), mean.dims);
    const gamma = config.boolean('scale', true)
      ? layer.parameter('gamma', mean.dims).name
      : filled('ones', 1);
    const beta = config.boolean('center', true)
      ? layer.parameter('beta', mean.dims).name
      : filled('zeros', 0);
    const epsilon = float(config.number('epsilon', 1e-3));
    const normalise = (x: string) =>
      layer.add('BatchNormalization', [x, gamma, beta, mean.name, variance.name], {
        attributes: { epsilon },
      });
    return { ...input, name: withAxisAtOne(layer, input.name, axis, rank, normalise) };
  },
} satisfies LayerFamily;

function axisOf(config: LayerConfig, layer: Layer, rank: number): number {
  const [axis = -1] = config.get('axis') === undefined ? [-1] : config.list('axis');
  const positive = axis < 0 ? axis + rank : axis;
  if (positive < 1 || positive >= rank)
    layer.fail(`axis ${axis} is not one of the ${rank} axes of its input`);
  return positive;
}

/** ONNX normalises axis 1. */
function withAxisAtOne(
  layer: Layer,
  input: string,
  axis: number,
  rank: number,
  work: (x: string) => string,
): string {
  if (axis === 1) return work(input);
  const others = Array.from({ length: rank - 1 }, (_, index) => index + 1).filter((other) => other !== axis);
  const forth = [0, axis, ...others];
  const back = forth.map((_, to) => forth.indexOf(to));
  const moved = layer.add('Transpose', [input], {
    suffix: 'to_channels_first',
    attributes: { perm: int(forth) },
  });
  return layer.add('Transpose', [work(moved)], {
    suffix: 'to_channels_last',
    attributes: { perm: int(back) },
  });
}
