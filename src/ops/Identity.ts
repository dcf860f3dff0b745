// https://onnx.ai/onnx/operators/onnx__Identity.html
// Opsets: 1, 13, 14, 16, 19, 21, 23, 24, 25.

import type { OpFamily } from './definition.ts';
import { likeInput } from './result.ts';

export default {
  ops: {
    Identity: { since: 1, inputs: [1, 1], outputs: [1, 1] },
  },
  infer(context) {
    const tensor = context.constant(0);
    const values = context.integers(0);
    if (tensor !== undefined) context.setConstant(tensor);
    else if (values !== undefined) context.setIntegers(values);
    return likeInput(context);
  },
} satisfies OpFamily;
