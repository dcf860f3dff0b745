// https://onnx.ai/onnx/operators/onnx__Multinomial.html
// Opsets: 7, 22.

import { int } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { dtypeOf } from './element-type.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    Multinomial: {
      since: 7,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { dtype: int(6), sample_size: int(1), seed: null },
      later: { bfloat16: 22 },
      random: true,
    },
  },
  infer(context) {
    const batch = context.shape(0)?.[0] ?? null;
    return [tensorOf(dtypeOf(context, 'dtype'), [batch, context.int('sample_size')])];
  },
} satisfies OpFamily;
