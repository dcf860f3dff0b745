// https://keras.io/api/layers/core_layers/input/
// Where a model begins. Its shape is read in input.ts; lowering hands its value on.

import type { LayerFamily } from '../layer.ts';

export default {
  classNames: ['InputLayer'],
  keepsDType: true,
  problem(config) {
    if (config.boolean('sparse', false)) return 'it takes sparse tensors';
    return config.boolean('ragged', false) ? 'it takes ragged tensors' : undefined;
  },
  lower: ({ inputs }) => inputs,
} satisfies LayerFamily;
