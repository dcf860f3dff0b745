// https://keras.io/api/layers/preprocessing_layers/image_preprocessing/center_crop/
// The middle of larger images; others are cut to the aspect ratio of the target and resized.

import { crop, cropAndResize, imageSize, targetSize } from '../images.ts';
import type { LayerFamily } from '../layer.ts';

export default {
  classNames: ['CenterCrop'],
  lower(layer) {
    const { input, config } = layer;
    const size = targetSize(config);
    const [height, width] = imageSize(layer, input);
    const [rows, columns] = [height - size[0], width - size[1]];
    if (rows < 0 || columns < 0) return cropAndResize(layer, input, size, 'bilinear');
    return crop(layer, input, [Math.trunc(rows / 2), Math.trunc(columns / 2)], size);
  },
} satisfies LayerFamily;
