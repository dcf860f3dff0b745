// `--dtype int16x8`: activations of 16 bits with zero point 0, weights of 8: nearly the size of int8 and nearly the
// accuracy of float32.

import type { Precision } from './definition.ts';
import { computeOnIntegers } from './integer-graph.ts';

export default {
  name: 'int16x8',
  summary: 'weights of 8 bits, activations of 16; needs --calibration',
  ranges: 'calibrated',
  // Only the weights lose much, 1/254 of the largest of their channel: 0.99 is a relative error of 0.14.
  tolerance: 1,
  leastCosine: 0.99,
  isRepaired: false,
  holdsCodes: true,
  ioDtypes: ['int16'],
  rewrite: (model, settings) => computeOnIntegers(model, { dtype: 'int16', isSymmetric: true }, settings),
} satisfies Precision;
