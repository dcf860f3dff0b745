// https://keras.io/api/layers/preprocessing_layers/image_augmentation/random_crop/
// Once a model is trained, Keras 2 cuts the middle with the aspect ratio of the target and resizes it.

import { cropAndResize, targetSize } from '../images.ts';
import type { LayerFamily } from '../layer.ts';

export default {
  classNames: ['RandomCrop'],
  problem: (_, { major }) =>
    major >= 3
      ? 'releases of Keras 3 differ in what it gives at inference: resized, cut in the middle, or unchanged'
      : undefined,
  lower: (layer) => cropAndResize(layer, layer.input, targetSize(layer.config), 'bilinear'),
} satisfies LayerFamily;
