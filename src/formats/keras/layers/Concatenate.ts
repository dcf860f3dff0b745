// https://keras.io/api/layers/merging_layers/concatenate/

import type { LayerFamily } from '../layer.ts';
import { joinedMask } from '../recurrent/mask.ts';
import { concatenate } from './elementwise.ts';

export default {
  classNames: ['Concatenate'],
  keepsDType: true,
  masks: 'own',
  lower(layer) {
    const axis = layer.config.integer('axis', -1, -32);
    const mask = joinedMask(layer, layer.inputs, axis);
    return { ...concatenate(layer, layer.inputs, axis), mask };
  },
} satisfies LayerFamily;
