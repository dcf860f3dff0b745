// https://keras.io/api/layers/core_layers/dense/
// activation(x · kernel + bias) over the last axis, whatever the rank.

import { kernelAndBias, type LayerFamily } from '../layer.ts';

export default {
  classNames: ['Dense'],
  masks: 'pass',
  weights: (config) => kernelAndBias(config),
  lower(layer) {
    const { input, config } = layer;
    const units = config.integer('units', undefined);
    const last = input.shape.at(-1);
    if (input.shape.length < 2) layer.fail('its input needs at least two axes');
    const kernel = layer.parameter('kernel', [typeof last === 'number' ? last : null, units]);
    let name = layer.add('MatMul', [input.name, kernel.name]);
    if (config.boolean('use_bias', true)) {
      const bias = layer.parameter('bias', [units]);
      name = layer.add('Add', [name, bias.name], { suffix: 'bias_add' });
    }
    const value = { name, dtype: layer.dtype, shape: input.shape.with(-1, units) };
    return layer.activate(value, config.get('activation'));
  },
} satisfies LayerFamily;
