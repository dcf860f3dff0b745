// https://onnx.ai/onnx/operators/onnx__Hardmax.html and likewise for the others.
// Opsets: Hardmax 1, 11, 13; LogSoftmax 1, 11, 13; Softmax 1, 11, 13.

import { int } from '../graph/attribute.ts';
import { axisIn } from './axes.ts';
import type { OpFamily } from './definition.ts';
import { likeInput } from './result.ts';

export default {
  ops: {
    Hardmax: { since: 1, inputs: [1, 1], outputs: [1, 1], attributes: { axis: int(-1) } },
    LogSoftmax: { since: 1, inputs: [1, 1], outputs: [1, 1], attributes: { axis: int(-1) } },
    Softmax: { since: 1, inputs: [1, 1], outputs: [1, 1], attributes: { axis: int(-1) } },
  },
  infer(context) {
    const shape = context.shape(0);
    // A scalar has no axis to name; runtimes accept it.
    if (shape !== undefined && shape.length > 0) axisIn(context, context.int('axis'), shape.length);
    return likeInput(context);
  },
} satisfies OpFamily;
