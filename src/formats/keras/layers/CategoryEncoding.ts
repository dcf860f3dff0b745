// https://keras.io/api/layers/preprocessing_layers/categorical/category_encoding/

import type { LayerFamily } from '../layer.ts';
import { asIndices, encode, readMode } from '../one-hot.ts';

export default {
  classNames: ['CategoryEncoding'],
  keepsDType: true,
  keywords: ['count_weights'],
  problem(config) {
    if (config.boolean('sparse', false)) return 'it gives a sparse tensor';
    if ((config.get('num_tokens') ?? config.get('max_tokens') ?? null) === null) {
      return 'the number of its tokens is not in the file';
    }
    const mode = readMode(config, 'multi_hot');
    return mode === 'int' || mode === 'tf_idf' ? `output_mode ${mode} was withdrawn from Keras` : undefined;
  },
  lower(layer) {
    const { input, config } = layer;
    const key = (config.get('num_tokens') ?? null) === null ? 'max_tokens' : 'num_tokens';
    const weights = layer.keyword('count_weights')[0] ?? undefined;
    return encode(
      layer,
      asIndices(layer, input),
      readMode(config, 'multi_hot'),
      config.integer(key, undefined),
      weights,
    );
  },
} satisfies LayerFamily;
