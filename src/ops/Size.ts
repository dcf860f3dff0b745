// https://onnx.ai/onnx/operators/onnx__Size.html
// Opsets: 1, 13, 19, 21, 23, 24, 25.

import { product } from './axes.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    Size: { since: 1, inputs: [1, 1], outputs: [1, 1] },
  },
  infer(context) {
    const shape = context.shape(0);
    if (shape !== undefined) context.setIntegers([product(shape)]);
    return [tensorOf('int64', [])];
  },
} satisfies OpFamily;
