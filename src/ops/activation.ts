// https://onnx.ai/onnx/operators/onnx__Celu.html and likewise for the others.
// Opsets: Celu 12; Elu 1, 6, 22; Gelu 20; HardSigmoid 1, 6, 22; HardSwish 14, 22; LeakyRelu 1, 6, 16; Mish
// 18, 22; Relu 1, 6, 13, 14; Selu 1, 6, 22; Shrink 9; Softplus 1, 22; Softsign 1, 22; Swish 24;
// ThresholdedRelu 10, 22.
// Functions of one tensor with at most a few constants as attributes.

import { float, string } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { likeInput } from './result.ts';

export default {
  ops: {
    Celu: { since: 12, inputs: [1, 1], outputs: [1, 1], attributes: { alpha: float(1) } },
    Elu: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { alpha: float(1) },
      later: { bfloat16: 22 },
    },
    Gelu: { since: 20, inputs: [1, 1], outputs: [1, 1], attributes: { approximate: string('none') } },
    HardSigmoid: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { alpha: float(0.2), beta: float(0.5) },
      later: { bfloat16: 22 },
    },
    HardSwish: { since: 14, inputs: [1, 1], outputs: [1, 1], later: { bfloat16: 22 } },
    LeakyRelu: { since: 1, inputs: [1, 1], outputs: [1, 1], attributes: { alpha: float(0.01) } },
    Mish: { since: 18, inputs: [1, 1], outputs: [1, 1], later: { bfloat16: 22 } },
    Relu: { since: 1, inputs: [1, 1], outputs: [1, 1] },
    Selu: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { alpha: float(1.6732632), gamma: float(1.050701) },
      later: { bfloat16: 22 },
    },
    Shrink: { since: 9, inputs: [1, 1], outputs: [1, 1], attributes: { bias: float(0), lambd: float(0.5) } },
    Softplus: { since: 1, inputs: [1, 1], outputs: [1, 1], later: { bfloat16: 22 } },
    Softsign: { since: 1, inputs: [1, 1], outputs: [1, 1], later: { bfloat16: 22 } },
    Swish: { since: 24, inputs: [1, 1], outputs: [1, 1], attributes: { alpha: float(1) } },
    ThresholdedRelu: {
      since: 10,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { alpha: float(1) },
      later: { bfloat16: 22 },
    },
  },
  infer: likeInput,
} satisfies OpFamily;
