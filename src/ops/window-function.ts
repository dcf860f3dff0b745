// https://onnx.ai/onnx/operators/onnx__BlackmanWindow.html and likewise for the others.
// Opsets: BlackmanWindow 17; HammingWindow 17; HannWindow 17.

import { int } from '../graph/attribute.ts';
import type { OpFamily, OpSignature } from './definition.ts';
import { dtypeOf } from './element-type.ts';
import { tensorOf } from './result.ts';

const windowFunction: OpSignature = {
  since: 17,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: { output_datatype: int(1), periodic: int(1) },
};

export default {
  ops: { BlackmanWindow: windowFunction, HammingWindow: windowFunction, HannWindow: windowFunction },
  infer(context) {
    const size = context.integers(0)?.[0] ?? null;
    return [tensorOf(dtypeOf(context, 'output_datatype'), [size])];
  },
} satisfies OpFamily;
