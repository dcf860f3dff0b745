// https://onnx.ai/onnx/operators/onnx__CumProd.html and likewise for the others.
// Opsets: CumProd 26; CumSum 11, 14.

import { int } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { likeInput } from './result.ts';

export default {
  ops: {
    CumProd: {
      since: 26,
      inputs: [2, 2],
      outputs: [1, 1],
      attributes: { exclusive: int(0), reverse: int(0) },
    },
    CumSum: {
      since: 11,
      inputs: [2, 2],
      outputs: [1, 1],
      attributes: { exclusive: int(0), reverse: int(0) },
    },
  },
  infer: likeInput,
} satisfies OpFamily;
