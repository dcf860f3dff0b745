// https://onnx.ai/onnx/operators/onnx__GlobalAveragePool.html and likewise for the others.
// Opsets: GlobalAveragePool 1, 22; GlobalLpPool 1, 2, 22; GlobalMaxPool 1, 22.

import { int } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    GlobalAveragePool: { since: 1, inputs: [1, 1], outputs: [1, 1], later: { bfloat16: 22 } },
    GlobalLpPool: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { p: int(2) },
      later: { bfloat16: 22 },
    },
    GlobalMaxPool: { since: 1, inputs: [1, 1], outputs: [1, 1], later: { bfloat16: 22 } },
  },
  infer(context) {
    const pooled = context.shape(0)?.map((dim, axis) => (axis < 2 ? dim : 1));
    return [tensorOf(context.dtype(0), pooled)];
  },
} satisfies OpFamily;
