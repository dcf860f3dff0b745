// `--dtype int8`: weights and activations of 8 bits, biases of 32; what has no such version stays float32.

import type { Precision } from './definition.ts';
import { computeOnIntegers } from './integer-graph.ts';

export default {
  name: 'int8',
  summary: 'whole numbers of 8 bits: a quarter of the size; needs --calibration',
  ranges: 'calibrated',
  // A code is 1/255 of the range, and what decides about a quantized model is its metric on real data. This only
  // refuses results that are something else altogether.
  tolerance: 0.5,
  isRepaired: false,
  rewrite: (model, settings) => computeOnIntegers(model, { dtype: 'int8', isSymmetric: false }, settings),
} satisfies Precision;
