// https://onnx.ai/onnx/operators/onnx__DeformConv.html
// Opsets: 19, 22.

import { int } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';
import { kernelOf, slide } from './sliding-window.ts';

export default {
  ops: {
    DeformConv: {
      since: 19,
      inputs: [3, 5],
      outputs: [1, 1],
      attributes: {
        dilations: null,
        group: int(1),
        kernel_shape: null,
        offset_group: int(1),
        pads: null,
        strides: null,
      },
      later: { bfloat16: 22 },
    },
  },
  infer(context) {
    const input = context.shape(0);
    const weights = context.shape(1);
    if (input === undefined) return [tensorOf(context.dtype(0), undefined)];
    const spatial = input.slice(2);
    const slid = slide(context, spatial, kernelOf(context, spatial.length, weights));
    return [tensorOf(context.dtype(0), [input[0] ?? null, weights?.[0] ?? null, ...slid])];
  },
} satisfies OpFamily;
