// https://onnx.ai/onnx/operators/onnx__DynamicQuantizeLinear.html
// Opsets: 11.

import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    DynamicQuantizeLinear: { since: 11, inputs: [1, 1], outputs: [3, 3] },
  },
  infer: (context) => [tensorOf('uint8', context.shape(0)), tensorOf('float32', []), tensorOf('uint8', [])],
} satisfies OpFamily;
