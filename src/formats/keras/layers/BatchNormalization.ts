// https://keras.io/api/layers/normalization_layers/batch_normalization/
// gamma * (x - moving_mean) / sqrt(moving_variance + epsilon) + beta, along one axis. Keras 1 calls the variance running_std.

import { float } from '../../../graph/attribute.ts';
import { oneAxis, withAxisAtOne } from '../channel-axis.ts';
import type { LayerFamily } from '../layer.ts';

export default {
  classNames: [
    'BatchNormalization',
    'BatchNormalizationV1',
    'BatchNormalizationV2',
    'SyncBatchNormalization',
  ],
  masks: 'pass',
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
    const axis = oneAxis(config, layer, rank);
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
