// https://onnx.ai/onnx/operators/onnx__Trilu.html
// Opsets: 14.

import { int } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { likeInput } from './result.ts';

export default {
  ops: {
    Trilu: { since: 14, inputs: [1, 2], outputs: [1, 1], attributes: { upper: int(1) } },
  },
  infer: likeInput,
} satisfies OpFamily;
