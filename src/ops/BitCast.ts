// https://onnx.ai/onnx/operators/onnx__BitCast.html
// Opsets: 26.

import { dtypes } from '../graph/dtype.ts';
import type { OpFamily } from './definition.ts';
import { dtypeOf } from './element-type.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    BitCast: { since: 26, inputs: [1, 1], outputs: [1, 1], attributes: { to: null } },
  },
  infer(context) {
    const to = dtypeOf(context, 'to');
    const from = context.dtype(0);
    if (to !== undefined && from !== undefined && dtypes[to].bits !== dtypes[from].bits) {
      context.fail(`${from} and ${to} differ in size`);
    }
    return [tensorOf(to, context.shape(0))];
  },
} satisfies OpFamily;
