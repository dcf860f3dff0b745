// https://keras.io/api/layers/activation_layers/softmax/

import { int } from '../../../graph/attribute.ts';
import type { LayerFamily } from '../layer.ts';

export default {
  classNames: ['Softmax'],
  problem: (config) =>
    Array.isArray(config.get('axis')) && config.list('axis').length > 1
      ? 'more than one axis is not supported yet'
      : undefined,
  lower(layer) {
    const { input, config } = layer;
    const [axis = -1] = config.get('axis') === undefined ? [-1] : config.list('axis');
    const rank = input.shape.length;
    if (axis < -rank || axis >= rank) layer.fail(`axis ${axis} is not one of the ${rank} axes of its input`);
    return { ...input, name: layer.add('Softmax', [input.name], { attributes: { axis: int(axis) } }) };
  },
} satisfies LayerFamily;
