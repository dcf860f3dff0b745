// https://onnx.ai/onnx/operators/onnx__IsInf.html and likewise for the others.
// Opsets: IsInf 10, 20; IsNaN 9, 13, 20.

import { int } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    IsInf: {
      since: 10,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { detect_negative: int(1), detect_positive: int(1) },
    },
    IsNaN: { since: 9, inputs: [1, 1], outputs: [1, 1] },
  },
  infer: (context) => [tensorOf('bool', context.shape(0))],
} satisfies OpFamily;
