// https://onnx.ai/onnx/operators/onnx__NonZero.html
// Opsets: 9, 13.

import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    NonZero: { since: 9, inputs: [1, 1], outputs: [1, 1] },
  },
  infer: (context) => [tensorOf('int64', [context.shape(0)?.length ?? null, context.symbol('count')])],
} satisfies OpFamily;
