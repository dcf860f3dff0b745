// https://keras.io/api/layers/activation_layers/prelu/
// Slopes below 0 are weights of the input's shape; shared axes have length 1.

import type { LayerFamily } from '../layer.ts';

export default {
  classNames: ['PReLU'],
  masks: 'pass',
  weights: () => [{ name: 'alpha', isTrained: true }],
  lower(layer) {
    const { input, config } = layer;
    const shared = (config.get('shared_axes') ?? null) === null ? [] : config.list('shared_axes');
    const dims = input.shape.slice(1).map((dim, index) => {
      if (shared.includes(index + 1)) return 1;
      return typeof dim === 'number' ? dim : null;
    });
    const slope = layer.parameter('alpha', dims);
    return { ...input, name: layer.add('PRelu', [input.name, slope.name]) };
  },
} satisfies LayerFamily;
