// https://keras.io/api/layers/activation_layers/relu/
// max_value above it, x from `threshold` on, negative_slope * (x - threshold) below.

import { float } from '../../../graph/attribute.ts';
import type { LayerFamily } from '../layer.ts';

export default {
  classNames: ['ReLU'],
  masks: 'pass',
  lower(layer) {
    const { input, config } = layer;
    const highest = config.optionalNumber('max_value');
    const slope = config.optionalNumber('negative_slope') ?? 0;
    const threshold = config.optionalNumber('threshold') ?? 0;
    const x = input.name;
    if (threshold === 0 && slope === 0) {
      const name =
        highest === null
          ? layer.add('Relu', [x])
          : layer.add('Clip', [x, layer.number('min', 0), layer.number('max', highest)]);
      return { ...input, name };
    }
    const options = highest === null ? {} : { suffix: 'below' };
    let name: string;
    if (threshold === 0) {
      name = layer.add('LeakyRelu', [x], { ...options, attributes: { alpha: float(slope) } });
    } else {
      const at = layer.number('threshold', threshold);
      const isAbove = layer.add('GreaterOrEqual', [x, at], { suffix: 'is_above' });
      const excess = layer.add('Sub', [x, at], { suffix: 'excess' });
      const low = layer.add('Mul', [excess, layer.number('slope', slope)], { suffix: 'low' });
      name = layer.add('Where', [isAbove, x, low], options);
    }
    if (highest !== null) name = layer.add('Min', [name, layer.number('max', highest)]);
    return { ...input, name };
  },
} satisfies LayerFamily;
