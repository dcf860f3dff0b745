// https://keras.io/api/layers/preprocessing_layers/image_preprocessing/resizing/

import type { LayerConfig } from '../config.ts';
import { cropAndResize, interpolationProblem, padAndResize, resize, targetSize } from '../images.ts';
import type { LayerFamily } from '../layer.ts';

export default {
  classNames: ['Resizing'],
  problem(config) {
    if (config.boolean('antialias', false)) return 'it smooths before it shrinks (antialias)';
    const mode = config.string('fill_mode', 'constant');
    if (mode !== 'constant') return `fill_mode ${mode} is not in the documentation`;
    return interpolationProblem(methodOf(config));
  },
  lower(layer) {
    const { input, config } = layer;
    for (const key of ['antialias', 'fill_mode']) config.get(key);
    const size = targetSize(config);
    const method = methodOf(config);
    const fill = config.number('fill_value', 0);
    const isCropped = config.boolean('crop_to_aspect_ratio', false);
    const isPadded = config.boolean('pad_to_aspect_ratio', false);
    if (isCropped) return cropAndResize(layer, input, size, method);
    return isPadded ? padAndResize(layer, input, size, method, fill) : resize(layer, input, size, method);
  },
} satisfies LayerFamily;

function methodOf(config: LayerConfig): string {
  return config.string('interpolation', 'bilinear').toLowerCase();
}
