// https://onnx.ai/onnx/operators/onnx__MaxUnpool.html
// Opsets: 9, 11, 22.

import type { Shape } from '../graph/model.ts';
import { unknownDims } from './axes.ts';
import type { InferContext, OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';
import { kernelOf, padsOf, perAxis } from './sliding-window.ts';

export default {
  ops: {
    MaxUnpool: {
      since: 9,
      inputs: [2, 3],
      outputs: [1, 1],
      attributes: { kernel_shape: null, pads: null, strides: null },
      later: { bfloat16: 22 },
    },
  },
  infer: (context) => [tensorOf(context.dtype(0), unpooled(context))],
} satisfies OpFamily;

function unpooled(context: InferContext): Shape | undefined {
  const input = context.shape(0);
  if (input === undefined) return undefined;
  if ((context.node.inputs[2] ?? '') !== '') return context.integers(2) ?? unknownDims(input.length);
  const spatial = input.slice(2);
  const kernel = kernelOf(context, spatial.length);
  const strides = perAxis(context, 'strides', spatial.length);
  const pads = padsOf(context, spatial.length);
  const grown = spatial.map((length, axis) => {
    const padding = (pads[axis] ?? 0) + (pads[axis + spatial.length] ?? 0);
    return typeof length === 'number'
      ? (length - 1) * (strides[axis] ?? 1) - padding + Number(kernel[axis])
      : null;
  });
  return [...input.slice(0, 2), ...grown];
}
