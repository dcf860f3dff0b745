// https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
// Opsets of com.microsoft: 1.

import { broadcastInputs } from './axes.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  domain: 'com.microsoft',
  ops: {
    QLinearAdd: { since: 1, inputs: [7, 8], outputs: [1, 1] },
    QLinearMul: { since: 1, inputs: [7, 8], outputs: [1, 1] },
  },
  // Each operand is followed by its scale and zero point.
  infer: (context) => [tensorOf(context.dtype(0), broadcastInputs(context, [0, 3]))],
} satisfies OpFamily;
