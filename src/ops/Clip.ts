// https://onnx.ai/onnx/operators/onnx__Clip.html
// Opsets: 1, 6, 11, 12, 13.

import type { OpFamily } from './definition.ts';
import { likeInput } from './result.ts';

export default {
  ops: {
    Clip: { since: 1, inputs: [1, 3], outputs: [1, 1] },
  },
  infer: likeInput,
} satisfies OpFamily;
