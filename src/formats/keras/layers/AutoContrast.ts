// https://keras.io/api/layers/preprocessing_layers/image_augmentation/auto_contrast/
// Stretches each channel of each image over the whole range of values; at inference too. What has no contrast stays.

import { int } from '../../../graph/attribute.ts';
import type { LayerFamily } from '../layer.ts';

export default {
  classNames: ['AutoContrast'],
  lower(layer) {
    const { input, config } = layer;
    if (input.shape.length !== 4) layer.fail(`its input has ${input.shape.length} axes where 4 are expected`);
    // Keras looks at these axes in either layout.
    config.get('data_format');
    const [low = 0, high = 255] =
      config.get('value_range') === undefined ? [] : config.sizes('value_range', 2, 0, 0);
    const axes = layer.ints('axes', [1, 2]);
    const attributes = { keepdims: int(1) };
    const least = layer.add('ReduceMin', [input.name, axes], { suffix: 'least', attributes });
    const most = layer.add('ReduceMax', [input.name, axes], { suffix: 'most', attributes });
    const step = (opType: string, inputs: readonly string[], suffix: string) =>
      layer.add(opType, inputs, { suffix });
    const share = step(
      'Div',
      [step('Sub', [input.name, least], 'above'), step('Sub', [most, least], 'span')],
      'share',
    );
    const wide = step('Mul', [share, layer.number('width', Math.abs(high - low))], 'wide');
    const stretched = step('Add', [wide, layer.number('low', Math.min(low, high))], 'stretched');
    const isFlat = step('IsNaN', [stretched], 'is_flat');
    return { ...input, name: layer.add('Where', [isFlat, input.name, stretched]) };
  },
} satisfies LayerFamily;
