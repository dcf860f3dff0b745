// https://onnx.ai/onnx/operators/onnx__ConvTranspose.html
// Opsets: 1, 11, 22.

import { int, string } from '../graph/attribute.ts';
import type { Dim, Shape } from '../graph/model.ts';
import { rankAtLeast } from './axes.ts';
import type { InferContext, OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';
import { autoPadOf, kernelOf, padsOf, perAxis } from './sliding-window.ts';

export default {
  ops: {
    ConvTranspose: {
      since: 1,
      inputs: [2, 3],
      outputs: [1, 1],
      attributes: {
        auto_pad: string('NOTSET'),
        dilations: null,
        group: int(1),
        kernel_shape: null,
        output_padding: null,
        output_shape: null,
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
    rankAtLeast(context, input, 3);
    const perGroup = weights?.[1];
    const channels = typeof perGroup === 'number' ? perGroup * context.int('group') : null;
    return [
      tensorOf(context.dtype(0), [input[0] ?? null, channels, ...spread(context, input.slice(2), weights)]),
    ];
  },
} satisfies OpFamily;

function spread(context: InferContext, spatial: Shape, weights: Shape | undefined): Shape {
  const axes = spatial.length;
  const fixed = context.ints('output_shape');
  // The spatial axes only, though some files give batch and channels too.
  if (fixed !== undefined && fixed.length >= axes) return fixed.slice(-axes);
  const kernel = kernelOf(context, axes, weights);
  const strides = perAxis(context, 'strides', axes);
  const dilations = perAxis(context, 'dilations', axes);
  const pads = padsOf(context, axes);
  const extra = context.ints('output_padding') ?? [];
  const autoPad = autoPadOf(context);
  return spatial.map((length, axis): Dim => {
    const stride = strides[axis] ?? 1;
    const size = kernel[axis];
    if (autoPad.startsWith('SAME'))
      return typeof length === 'number' ? length * stride : stride === 1 ? length : null;
    if (typeof size !== 'number') return null;
    const reach = (dilations[axis] ?? 1) * (size - 1) + 1;
    const padding = autoPad === 'VALID' ? 0 : (pads[axis] ?? 0) + (pads[axis + axes] ?? 0);
    const growth = (extra[axis] ?? 0) + reach - padding - stride;
    if (typeof length === 'number') return stride * length + growth;
    return stride === 1 && growth === 0 ? length : null;
  });
}
