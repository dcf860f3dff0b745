// https://onnx.ai/onnx/operators/onnx__EyeLike.html
// Opsets: 9, 22.

import { int } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { dtypeOf } from './element-type.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    EyeLike: {
      since: 9,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { dtype: null, k: int(0) },
      later: { bfloat16: 22 },
    },
  },
  infer: (context) => [tensorOf(dtypeOf(context, 'dtype') ?? context.dtype(0), context.shape(0))],
} satisfies OpFamily;
