// https://keras.io/api/layers/core_layers/embedding/
// Rows of the table by index. Indices may come as floats, as Keras inputs do by default.

import { int } from '../../../graph/attribute.ts';
import type { LayerFamily } from '../layer.ts';

const INT32 = 6;

export default {
  classNames: ['Embedding'],
  weights: () => [{ name: 'embeddings', isTrained: true }],
  keepsDType: true,
  problem: (config) =>
    config.boolean('mask_zero', false)
      ? 'mask_zero hides entries from the layers after it, not supported yet'
      : undefined,
  lower(layer) {
    const { input, config } = layer;
    const size = config.integer('output_dim', undefined);
    const table = layer.parameter('embeddings', [config.integer('input_dim', undefined), size]);
    for (const key of ['mask_zero', 'input_length', 'dropout']) config.get(key);
    const isIndex = input.dtype === 'int32' || input.dtype === 'int64';
    const indices = isIndex
      ? input.name
      : layer.add('Cast', [input.name], { suffix: 'indices', attributes: { to: int(INT32) } });
    const name = layer.add('Gather', [table.name, indices], { attributes: { axis: int(0) } });
    return { name, dtype: layer.dtype, shape: [...input.shape, size] };
  },
} satisfies LayerFamily;
