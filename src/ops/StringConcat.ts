// https://onnx.ai/onnx/operators/onnx__StringConcat.html
// Opsets: 20.

import type { OpFamily } from './definition.ts';
import { broadcastAll } from './result.ts';

export default {
  ops: {
    StringConcat: { since: 20, inputs: [2, 2], outputs: [1, 1] },
  },
  infer: (context) => broadcastAll(context, 'string'),
} satisfies OpFamily;
