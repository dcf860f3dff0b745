// https://keras.io/api/layers/preprocessing_layers/image_preprocessing/rescaling/
// x * scale + offset

import type { LayerFamily } from '../layer.ts';

export default {
  classNames: ['Rescaling'],
  lower(layer) {
    const { input, config } = layer;
    const scale = numbers(config.get('scale'), 1);
    const offset = numbers(config.get('offset'), 0);
    if (scale === undefined || offset === undefined) return layer.fail('scale and offset have to be numbers');
    const scaled = layer.add('Mul', [input.name, layer.numbers('scale', scale.values, scale.dims)]);
    const shift = layer.numbers('offset', offset.values, offset.dims);
    return {
      ...input,
      dtype: layer.dtype,
      name: layer.add('Add', [scaled, shift], { suffix: 'offset_add' }),
    };
  },
} satisfies LayerFamily;

/** One number, or one per channel on the last axis. */
function numbers(value: unknown, fallback: number): { values: number[]; dims: number[] } | undefined {
  const given = value ?? fallback;
  if (typeof given === 'number') return { values: [given], dims: [] };
  if (!Array.isArray(given) || !given.every((item) => typeof item === 'number')) return undefined;
  return { values: given, dims: [given.length] };
}
