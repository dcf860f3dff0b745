// https://keras.io/api/layers/normalization_layers/unit_normalization/
// x / max(|x|, 1e-6) along one or several axes, so that what is not zero has length 1.

import { int } from '../../../graph/attribute.ts';
import type { LayerFamily } from '../layer.ts';

export default {
  classNames: ['UnitNormalization'],
  masks: 'pass',
  lower(layer) {
    const { input, config } = layer;
    const axes = config.get('axis') === undefined ? [-1] : config.list('axis');
    const rank = input.shape.length;
    for (const axis of axes) {
      if (axis < -rank || axis >= rank)
        layer.fail(`axis ${axis} is not one of the ${rank} axes of its input`);
    }
    const length = layer.add('ReduceL2', [input.name, layer.ints('axes', axes)], {
      suffix: 'length',
      attributes: { keepdims: int(1) },
    });
    // Keras keeps the square of the length above 1e-12.
    const safe = layer.add('Max', [length, layer.number('least', 1e-6)], { suffix: 'safe_length' });
    return { ...input, name: layer.add('Div', [input.name, safe]) };
  },
} satisfies LayerFamily;
