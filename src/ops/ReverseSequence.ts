// https://onnx.ai/onnx/operators/onnx__ReverseSequence.html
// Opsets: 10.

import { int } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { likeInput } from './result.ts';

export default {
  ops: {
    ReverseSequence: {
      since: 10,
      inputs: [2, 2],
      outputs: [1, 1],
      attributes: { batch_axis: int(1), time_axis: int(0) },
    },
  },
  infer: likeInput,
} satisfies OpFamily;
