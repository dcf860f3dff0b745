// https://onnx.ai/onnx/operators/onnx__RandomNormal.html and likewise for the others.
// Opsets: RandomNormal 1, 22; RandomUniform 1, 22.
// Drawn anew in each run: never folded.

import { float, int } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { dtypeOf } from './element-type.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    RandomNormal: {
      since: 1,
      inputs: [0, 0],
      outputs: [1, 1],
      attributes: { dtype: int(1), mean: float(0), scale: float(1), seed: null, shape: null },
      later: { bfloat16: 22 },
      random: true,
    },
    RandomUniform: {
      since: 1,
      inputs: [0, 0],
      outputs: [1, 1],
      attributes: { dtype: int(1), high: float(1), low: float(0), seed: null, shape: null },
      later: { bfloat16: 22 },
      random: true,
    },
  },
  infer: (context) => [tensorOf(dtypeOf(context, 'dtype'), context.ints('shape'))],
} satisfies OpFamily;
