// https://www.tensorflow.org/versions/r2.15/api_docs/python/tf/keras/layers/experimental/RandomFourierFeatures
// cos(x · kernel / scale + bias), with a kernel drawn once and kept with the weights.

import type { LayerFamily } from '../layer.ts';

export default {
  classNames: ['RandomFourierFeatures'],
  weights(config) {
    const isTrained = config.raw.trainable === true;
    return [
      { name: 'unscaled_kernel', isTrained: false },
      { name: 'bias', isTrained: false },
      { name: 'kernel_scale', isTrained },
    ].sort((a, b) => Number(b.isTrained) - Number(a.isTrained));
  },
  lower(layer) {
    const { input, config } = layer;
    config.get('scale');
    const size = config.integer('output_dim', undefined);
    const last = input.shape.at(-1);
    const kernel = layer.parameter('unscaled_kernel', [typeof last === 'number' ? last : null, size]);
    const scale = layer.parameter('kernel_scale', []);
    const scaled = layer.add('Div', [kernel.name, scale.name], { suffix: 'kernel' });
    const product = layer.add('MatMul', [input.name, scaled], { suffix: 'product' });
    const shifted = layer.add('Add', [product, layer.parameter('bias', [size]).name], { suffix: 'bias_add' });
    return { ...input, name: layer.add('Cos', [shifted]), shape: [...input.shape.slice(0, -1), size] };
  },
} satisfies LayerFamily;
