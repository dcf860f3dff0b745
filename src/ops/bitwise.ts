// https://onnx.ai/onnx/operators/onnx__BitShift.html and likewise for the others.
// Opsets: BitShift 11; BitwiseAnd 18; BitwiseOr 18; BitwiseXor 18.

import type { OpFamily } from './definition.ts';
import { broadcastAll } from './result.ts';

export default {
  ops: {
    BitShift: { since: 11, inputs: [2, 2], outputs: [1, 1], attributes: { direction: null } },
    BitwiseAnd: { since: 18, inputs: [2, 2], outputs: [1, 1] },
    BitwiseOr: { since: 18, inputs: [2, 2], outputs: [1, 1] },
    BitwiseXor: { since: 18, inputs: [2, 2], outputs: [1, 1] },
  },
  infer: (context) => broadcastAll(context),
} satisfies OpFamily;
