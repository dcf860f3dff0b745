// https://keras.io/api/layers/core_layers/embedding/
// Rows of the table by index. Indices may come as floats, as Keras inputs do by default. With mask_zero, index 0 is a
// step that layers after it shall not see.

import { int } from '../../../graph/attribute.ts';
import type { Layer, LayerFamily } from '../layer.ts';

const INT32 = 6;

export default {
  classNames: ['Embedding'],
  weights: () => [{ name: 'embeddings', isTrained: true }],
  keepsDType: true,
  lower(layer) {
    const { input, config } = layer;
    const size = config.integer('output_dim', undefined);
    const table = layer.parameter('embeddings', [config.integer('input_dim', undefined), size]);
    for (const key of ['input_length', 'dropout']) config.get(key);
    const isIndex = input.dtype === 'int32' || input.dtype === 'int64';
    const indices = isIndex
      ? input.name
      : layer.add('Cast', [input.name], { suffix: 'indices', attributes: { to: int(INT32) } });
    // Negative ones are an error in Keras.
    const name = layer.add('Gather', [table.name, indices], {
      attributes: { axis: int(0) },
      countsForward: true,
    });
    const mask = config.boolean('mask_zero', false) ? shownSteps(layer, indices) : undefined;
    return { name, dtype: layer.dtype, shape: [...input.shape, size], mask };
  },
} satisfies LayerFamily;

const BOOL = 9;

/** Whatever is not 0: what a cast to boolean says. */
function shownSteps(layer: Layer, indices: string): string {
  return layer.add('Cast', [indices], { suffix: 'mask', attributes: { to: int(BOOL) } });
}
