// https://onnx.ai/onnx/operators/onnx__Det.html
// Opsets: 11, 22.

import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    Det: { since: 11, inputs: [1, 1], outputs: [1, 1], later: { bfloat16: 22 } },
  },
  infer: (context) => [tensorOf(context.dtype(0), context.shape(0)?.slice(0, -2))],
} satisfies OpFamily;
