// https://onnx.ai/onnx/operators/onnx__PRelu.html
// Opsets: 1, 6, 7, 9, 16.

import type { OpFamily } from './definition.ts';
import { likeInput } from './result.ts';

export default {
  ops: {
    PRelu: { since: 1, inputs: [2, 2], outputs: [1, 1] },
  },
  // The slope broadcasts to the input, never the other way round.
  infer: likeInput,
} satisfies OpFamily;
