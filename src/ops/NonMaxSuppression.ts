// https://onnx.ai/onnx/operators/onnx__NonMaxSuppression.html
// Opsets: 10, 11.

import { int } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    NonMaxSuppression: {
      since: 10,
      inputs: [2, 5],
      outputs: [1, 1],
      attributes: { center_point_box: int(0) },
    },
  },
  // Batch, class and box of each box kept.
  infer: (context) => [tensorOf('int64', [context.symbol('count'), 3])],
} satisfies OpFamily;
