// https://onnx.ai/onnx/operators/onnx__Dropout.html
// Opsets: 1, 6, 7, 10, 12, 13, 22.

import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    Dropout: { since: 1, inputs: [1, 3], outputs: [1, 2], attributes: { seed: null } },
  },
  infer: (context) => [context.type(0), tensorOf('bool', context.shape(0))],
} satisfies OpFamily;
