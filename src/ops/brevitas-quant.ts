// https://github.com/fastmachinelearning/qonnx/blob/main/docs/qonnx-custom-ops/quant_op.md
// Opsets: none; this is the domain Brevitas exports to.

import { int, string } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { likeInput } from './result.ts';

export default {
  domain: 'onnx.brevitas',
  ops: {
    BipolarQuant: { since: 1, inputs: [2, 2], outputs: [1, 1] },
    Quant: {
      since: 1,
      inputs: [4, 4],
      outputs: [1, 1],
      attributes: { narrow: int(0), rounding_mode: string('ROUND'), signed: int(1) },
    },
  },
  infer: likeInput,
} satisfies OpFamily;
