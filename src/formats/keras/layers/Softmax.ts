// https://keras.io/api/layers/activation_layers/softmax/

import { int } from '../../../graph/attribute.ts';
import { asBoolean } from '../attention.ts';
import type { LayerFamily } from '../layer.ts';

/** What Keras adds to masked elements; float16 layers compute in float32 here. */
const HIDDEN = -1e9;

export default {
  classNames: ['Softmax'],
  keywords: ['mask'],
  masks: 'pass',
  lower(layer) {
    const { config, inputs } = layer;
    const [input, second] = inputs;
    if (input === undefined || inputs.length > 2) {
      return layer.fail(`it is called with ${inputs.length} tensors and takes one and a mask`);
    }
    const axes = config.get('axis') === undefined ? [-1] : config.list('axis');
    const rank = input.shape.length;
    for (const axis of axes) {
      if (axis < -rank || axis >= rank)
        layer.fail(`axis ${axis} is not one of the ${rank} axes of its input`);
    }
    const mask = layer.keyword('mask')[0] ?? second;
    const x = mask
      ? layer.add('Where', [asBoolean(layer, mask, 0), input.name, layer.number('hidden', HIDDEN)], {
          suffix: 'masked',
        })
      : input.name;
    const [axis = -1] = axes;
    if (axes.length === 1) {
      return { ...input, name: layer.add('Softmax', [x], { attributes: { axis: int(axis) } }) };
    }
    // Over several axes at once: exp(x - log(sum(exp(x)))).
    const total = layer.add('ReduceLogSumExp', [x, layer.ints('axes', axes)], {
      suffix: 'total',
      attributes: { keepdims: int(1) },
    });
    return { ...input, name: layer.add('Exp', [layer.add('Sub', [x, total], { suffix: 'sub' })]) };
  },
} satisfies LayerFamily;
