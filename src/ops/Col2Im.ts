// https://onnx.ai/onnx/operators/onnx__Col2Im.html
// Opsets: 18.

import { listOf, product, quotient } from './axes.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    Col2Im: {
      since: 18,
      inputs: [3, 3],
      outputs: [1, 1],
      attributes: { dilations: null, pads: null, strides: null },
    },
  },
  infer(context) {
    const [batch = null, columns = null] = context.shape(0) ?? [];
    const image = listOf(context, 1);
    if (image === undefined) return [tensorOf(context.dtype(0), undefined)];
    const block = context.integers(2);
    const channels = block === undefined ? null : quotient([columns], [product(block)]);
    return [tensorOf(context.dtype(0), [batch, channels, ...image])];
  },
} satisfies OpFamily;
