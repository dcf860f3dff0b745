// https://onnx.ai/onnx/operators/onnx__Expand.html
// Opsets: 8, 13.

import { broadcast, countOf, print, unknownDims } from './axes.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    Expand: { since: 8, inputs: [2, 2], outputs: [1, 1] },
  },
  infer(context) {
    const data = context.shape(0);
    const wanted = context.integers(1);
    if (data === undefined) return [tensorOf(context.dtype(0), undefined)];
    if (wanted === undefined) {
      const rank = countOf(context, 1);
      const dims = rank === undefined ? undefined : unknownDims(Math.max(rank, data.length));
      return [tensorOf(context.dtype(0), dims)];
    }
    const shape = broadcast(data, wanted);
    if (shape === undefined) return context.fail(`${print(data)} does not broadcast to ${print(wanted)}`);
    const values = context.integers(0);
    const [length] = shape;
    if (values?.length === 1 && shape.length === 1 && typeof length === 'number' && length <= 64) {
      context.setIntegers(Array.from({ length }, () => values[0] ?? null));
    }
    return [tensorOf(context.dtype(0), shape)];
  },
} satisfies OpFamily;
