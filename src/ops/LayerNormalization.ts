// https://onnx.ai/onnx/operators/onnx__LayerNormalization.html and likewise for the others.
// Opsets: LayerNormalization 17; RMSNormalization 23.

import { float, int } from '../graph/attribute.ts';
import { axisIn } from './axes.ts';
import type { InferContext, OpFamily } from './definition.ts';
import { dtypeOf } from './element-type.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    LayerNormalization: {
      since: 17,
      inputs: [2, 3],
      outputs: [1, 3],
      attributes: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
    },
    RMSNormalization: {
      since: 23,
      inputs: [2, 2],
      outputs: [1, 1],
      attributes: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
    },
  },
  infer(context) {
    const statistics = tensorOf(dtypeOf(context, 'stash_type'), statisticsShape(context));
    return [context.type(0), statistics, statistics];
  },
} satisfies OpFamily;

/** The normalized axes, those from `axis` on, become 1. */
function statisticsShape(context: InferContext) {
  const shape = context.shape(0);
  if (shape === undefined) return undefined;
  const from = axisIn(context, context.int('axis'), shape.length);
  return shape.map((dim, axis) => (axis < from ? dim : 1));
}
