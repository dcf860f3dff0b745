// https://onnx.ai/onnx/operators/onnx__RegexFullMatch.html
// Opsets: 20.

import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    RegexFullMatch: { since: 20, inputs: [1, 1], outputs: [1, 1], attributes: { pattern: null } },
  },
  infer: (context) => [tensorOf('bool', context.shape(0))],
} satisfies OpFamily;
