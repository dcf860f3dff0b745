// https://onnx.ai/onnx/operators/onnx__Bernoulli.html and likewise for the others.
// Opsets: Bernoulli 15, 22; RandomNormalLike 1, 22; RandomUniformLike 1, 22.
// Drawn anew in each run, in the shape of the input: never folded.

import { float } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { dtypeOf } from './element-type.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    Bernoulli: {
      since: 15,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { dtype: null, seed: null },
      later: { bfloat16: 22 },
      random: true,
    },
    RandomNormalLike: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { dtype: null, mean: float(0), scale: float(1), seed: null },
      later: { bfloat16: 22 },
      random: true,
    },
    RandomUniformLike: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { dtype: null, high: float(1), low: float(0), seed: null },
      later: { bfloat16: 22 },
      random: true,
    },
  },
  infer: (context) => [tensorOf(dtypeOf(context, 'dtype') ?? context.dtype(0), context.shape(0))],
} satisfies OpFamily;
