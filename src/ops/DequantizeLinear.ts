// https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html
// Opsets: 10, 13, 19, 21, 23, 24, 25.

import { int } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { dtypeOf } from './element-type.ts';
import { perTensorOnly } from './restate.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    DequantizeLinear: {
      since: 10,
      inputs: [2, 3],
      outputs: [1, 1],
      attributes: { axis: int(1), block_size: int(0), output_dtype: int(0) },
      later: { attributes: { output_dtype: 23 } },
    },
  },
  infer: (context) => [tensorOf(dtypeOf(context, 'output_dtype') ?? context.dtype(1), context.shape(0))],
  downgrades: [{ from: 13, opTypes: ['DequantizeLinear'], rewrite: perTensorOnly }],
} satisfies OpFamily;
