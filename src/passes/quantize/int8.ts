// `--dtype int8`: weights and activations of 8 bits, biases of 32; what has no such version stays float32.

import type { Precision } from './definition.ts';
import { computeOnIntegers } from './integer-graph.ts';

export default {
  name: 'int8',
  summary: 'whole numbers of 8 bits: a quarter of the size; needs --calibration',
  ranges: 'calibrated',
  // A code is 1/255 of the range. A row near the border between two classes may change sides, and then its scores
  // differ by all there is; what has to hold is that all outputs together point the same way: 0.9 is a relative error
  // of 0.45 over all elements. Whether that is good enough, only a metric on real data says (mlctl evaluate).
  tolerance: 1,
  leastCosine: 0.9,
  isRepaired: false,
  holdsCodes: true,
  ioDtypes: ['int8', 'uint8'],
  rewrite: (model, settings) => computeOnIntegers(model, { dtype: 'int8', isSymmetric: false }, settings),
} satisfies Precision;
