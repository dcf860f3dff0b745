// Layers that do something only while a model is trained.
// https://keras.io/api/layers/regularization_layers/

import type { LayerFamily } from '../layer.ts';

export default {
  classNames: [
    'ActivityRegularization',
    'AlphaDropout',
    'Dropout',
    'GaussianDropout',
    'GaussianNoise',
    'Identity',
    'SpatialDropout1D',
    'SpatialDropout2D',
    'SpatialDropout3D',
  ],
  masks: 'pass',
  keepsDType: true,
  lower(layer) {
    for (const key of ['rate', 'stddev', 'noise_shape', 'data_format', 'l1', 'l2', 'p'])
      layer.config.get(key);
    return layer.input;
  },
} satisfies LayerFamily;
