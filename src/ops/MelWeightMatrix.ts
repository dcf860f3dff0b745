// https://onnx.ai/onnx/operators/onnx__MelWeightMatrix.html
// Opsets: 17.

import { int } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { dtypeOf } from './element-type.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    MelWeightMatrix: { since: 17, inputs: [5, 5], outputs: [1, 1], attributes: { output_datatype: int(1) } },
  },
  infer(context) {
    const bins = context.integers(0)?.[0] ?? null;
    const length = context.integers(1)?.[0];
    const spectrum = typeof length === 'number' ? Math.floor(length / 2) + 1 : null;
    return [tensorOf(dtypeOf(context, 'output_datatype'), [spectrum, bins])];
  },
} satisfies OpFamily;
