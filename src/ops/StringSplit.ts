// https://onnx.ai/onnx/operators/onnx__StringSplit.html
// Opsets: 20.

import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    StringSplit: {
      since: 20,
      inputs: [1, 1],
      outputs: [2, 2],
      attributes: { delimiter: null, maxsplit: null },
    },
  },
  infer(context) {
    const shape = context.shape(0);
    return [tensorOf('string', shape && [...shape, context.symbol('parts')]), tensorOf('int64', shape)];
  },
} satisfies OpFamily;
