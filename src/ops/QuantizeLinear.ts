// https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html
// Opsets: 10, 13, 19, 21, 23, 24, 25.

import { int } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { dtypeOf } from './element-type.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    QuantizeLinear: {
      since: 10,
      inputs: [2, 3],
      outputs: [1, 1],
      attributes: {
        axis: int(1),
        block_size: int(0),
        output_dtype: int(0),
        precision: int(0),
        saturate: int(1),
      },
      later: { attributes: { precision: 23 } },
    },
  },
  infer(context) {
    // The zero point says the element type; without one, the attribute, and without that, uint8.
    const hasZeroPoint = (context.node.inputs[2] ?? '') !== '';
    const dtype = hasZeroPoint ? context.dtype(2) : (dtypeOf(context, 'output_dtype') ?? 'uint8');
    return [tensorOf(dtype, context.shape(0))];
  },
} satisfies OpFamily;
