// https://keras.io/api/layers/merging_layers/concatenate/

import type { LayerFamily } from '../layer.ts';
import { concatenate } from './elementwise.ts';

export default {
  classNames: ['Concatenate'],
  keepsDType: true,
  lower: (layer) => concatenate(layer, layer.inputs, layer.config.integer('axis', -1, -32)),
} satisfies LayerFamily;
