// https://keras.io/api/layers/normalization_layers/group_normalization/
// Mean and variance over each group of channels and everything around it, then a scale and an offset per channel.

import { float, int } from '../../../graph/attribute.ts';
import { oneAxis, withAxisAtOne } from '../channel-axis.ts';
import type { LayerFamily } from '../layer.ts';

export default {
  classNames: ['GroupNormalization'],
  weights: (config) => [
    ...(config.boolean('scale', true) ? [{ name: 'gamma', isTrained: true }] : []),
    ...(config.boolean('center', true) ? [{ name: 'beta', isTrained: true }] : []),
  ],
  masks: 'pass',
  lower(layer) {
    const { input, config } = layer;
    const rank = input.shape.length;
    const axis = oneAxis(config, layer, rank);
    const channels = input.shape[axis];
    if (typeof channels !== 'number') return layer.fail('the number of its channels is not known');
    const stated = config.integer('groups', 32, -1);
    const groups = stated === -1 ? channels : stated;
    if (groups < 1 || channels % groups !== 0) {
      layer.fail(`${channels} channels cannot be cut into ${groups} groups`);
    }
    const filled = (suffix: string, value: number) =>
      layer.numbers(suffix, new Array(channels).fill(value), [channels]);
    const gamma = config.boolean('scale', true)
      ? layer.parameter('gamma', [channels]).name
      : filled('ones', 1);
    const beta = config.boolean('center', true)
      ? layer.parameter('beta', [channels]).name
      : filled('zeros', 0);
    const name = withAxisAtOne(layer, input.name, axis, rank, (x) =>
      layer.add('GroupNormalization', [x, gamma, beta], {
        attributes: { num_groups: int(groups), epsilon: float(config.number('epsilon', 1e-3)) },
      }),
    );
    return { ...input, name };
  },
} satisfies LayerFamily;
