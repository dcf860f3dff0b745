// https://keras.io/api/layers/reshaping_layers/repeat_vector/
// (batch, features) becomes (batch, n, features).

import type { LayerFamily } from '../layer.ts';

export default {
  classNames: ['RepeatVector'],
  keepsDType: true,
  lower(layer) {
    const { input, config } = layer;
    const count = config.integer('n', undefined);
    const [batch = null, features = null] = input.shape;
    if (input.shape.length !== 2) layer.fail(`its input has ${input.shape.length} axes where 2 are expected`);
    const raised = layer.add('Unsqueeze', [input.name, layer.ints('axis', [1])], { suffix: 'unsqueeze' });
    const name = layer.add('Tile', [raised, layer.ints('repeats', [1, count, 1])]);
    return { ...input, name, shape: [batch, count, features] };
  },
} satisfies LayerFamily;
