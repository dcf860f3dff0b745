// https://keras.io/api/layers/reshaping_layers/permute/
// `dims` counts the axes after the batch from 1.

import { int } from '../../../graph/attribute.ts';
import type { LayerFamily } from '../layer.ts';

export default {
  classNames: ['Permute'],
  keepsDType: true,
  lower(layer) {
    const { input, config } = layer;
    const dims = config.list('dims');
    const isPermutation = [...dims].sort((a, b) => a - b).every((dim, index) => dim === index + 1);
    if (!isPermutation || dims.length !== input.shape.length - 1) {
      layer.fail(`dims ${dims.join(', ')} do not order the ${input.shape.length - 1} axes of its input`);
    }
    const perm = [0, ...dims];
    return {
      ...input,
      name: layer.add('Transpose', [input.name], { attributes: { perm: int(perm) } }),
      shape: perm.map((axis) => input.shape[axis] ?? null),
    };
  },
} satisfies LayerFamily;
