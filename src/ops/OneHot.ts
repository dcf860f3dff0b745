// https://onnx.ai/onnx/operators/onnx__OneHot.html
// Opsets: 9, 11.

import { int } from '../graph/attribute.ts';
import { axisIn } from './axes.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    OneHot: { since: 9, inputs: [3, 3], outputs: [1, 1], attributes: { axis: int(-1) } },
  },
  infer(context) {
    const indices = context.shape(0);
    if (indices === undefined) return [tensorOf(context.dtype(2), undefined)];
    const at = axisIn(context, context.int('axis'), indices.length + 1);
    const depth = context.integers(1)?.[0] ?? null;
    return [tensorOf(context.dtype(2), [...indices.slice(0, at), depth, ...indices.slice(at)])];
  },
} satisfies OpFamily;
