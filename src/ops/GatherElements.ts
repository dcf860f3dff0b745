// https://onnx.ai/onnx/operators/onnx__GatherElements.html
// Opsets: 11, 13.

import { int } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    GatherElements: { since: 11, inputs: [2, 2], outputs: [1, 1], attributes: { axis: int(0) } },
  },
  infer: (context) => [tensorOf(context.dtype(0), context.shape(1))],
} satisfies OpFamily;
