// https://onnx.ai/onnx/operators/onnx__GatherND.html
// Opsets: 11, 12, 13.

import { int } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    GatherND: { since: 11, inputs: [2, 2], outputs: [1, 1], attributes: { batch_dims: int(0) } },
  },
  infer(context) {
    const data = context.shape(0);
    const indices = context.shape(1);
    const depth = indices?.[indices.length - 1];
    if (data === undefined || indices === undefined || typeof depth !== 'number') {
      return [tensorOf(context.dtype(0), undefined)];
    }
    const from = context.int('batch_dims') + depth;
    if (from > data.length) context.fail(`${from} index axes for a tensor of rank ${data.length}`);
    return [tensorOf(context.dtype(0), [...indices.slice(0, -1), ...data.slice(from)])];
  },
} satisfies OpFamily;
