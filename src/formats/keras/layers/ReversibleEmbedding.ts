// https://keras.io/api/layers/core_layers/reversible_embedding/
// An Embedding; called with reverse = true it scores each entry of its table for a vector.

import { int } from '../../../graph/attribute.ts';
import type { Layer, LayerFamily, Value } from '../layer.ts';
import embedding from './Embedding.ts';

export default {
  classNames: ['ReversibleEmbedding'],
  keywords: ['reverse'],
  keepsDType: true,
  weights: (config) => {
    const isTied = config.boolean('tie_weights', true);
    return ['embeddings', ...(isTied ? [] : ['reverse_embeddings'])].map((name) => ({
      name,
      isTrained: true,
    }));
  },
  problem: (config) =>
    (config.get('logit_soft_cap') ?? null) === null ? undefined : 'it bends its scores (logit_soft_cap)',
  lower(layer) {
    for (const key of ['reverse_dtype', 'logit_soft_cap', 'tie_weights']) layer.config.get(key);
    return layer.option('reverse') === true ? scores(layer) : embedding.lower(layer);
  },
} satisfies LayerFamily;

function scores(layer: Layer): Value {
  const { input, config } = layer;
  const count = config.integer('input_dim', undefined);
  const size = config.integer('output_dim', undefined);
  if (input.dtype !== layer.dtype) layer.fail(`its input is ${input.dtype}`);
  const isTied = config.boolean('tie_weights', true);
  const shape = [...input.shape.slice(0, -1), count];
  if (!isTied) {
    const { name } = layer.parameter('reverse_embeddings', [size, count]);
    return { ...input, name: layer.add('MatMul', [input.name, name]), shape };
  }
  const table = layer.parameter('embeddings', [count, size]);
  const turned = layer.add('Transpose', [table.name], {
    suffix: 'turned',
    attributes: { perm: int([1, 0]) },
  });
  return { ...input, name: layer.add('MatMul', [input.name, turned]), shape };
}
