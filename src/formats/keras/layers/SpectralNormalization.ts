// https://keras.io/api/layers/normalization_layers/spectral_normalization/
// Only training changes the kernel of the layer inside; once trained, that layer is all there is.

import type { LayerFamily } from '../layer.ts';

export default {
  classNames: ['SpectralNormalization'],
  // For the next step of training; never read.
  weights: () => [{ name: 'vector_u', isTrained: false }],
  keepsDType: true,
  masks: 'own',
  lower(layer) {
    for (const key of ['layer', 'power_iterations']) layer.config.get(key);
    return layer.callWrapped(layer.inputs);
  },
} satisfies LayerFamily;
