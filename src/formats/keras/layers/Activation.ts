// https://keras.io/api/layers/core_layers/activation_layer/

import type { LayerFamily } from '../layer.ts';

export default {
  classNames: ['Activation'],
  masks: 'pass',
  lower: (layer) => layer.activate(layer.input, layer.config.get('activation')),
} satisfies LayerFamily;
