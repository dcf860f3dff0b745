// https://onnx.ai/onnx/operators/onnx__CenterCropPad.html
// Opsets: 18.

import { axisIn } from './axes.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    CenterCropPad: { since: 18, inputs: [2, 2], outputs: [1, 1], attributes: { axes: null } },
  },
  infer(context) {
    const shape = context.shape(0);
    if (shape === undefined) return [tensorOf(context.dtype(0), undefined)];
    const lengths = context.integers(1);
    const axes = context.ints('axes') ?? shape.map((_, axis) => axis);
    const result = [...shape];
    for (const [index, axis] of axes.entries()) {
      result[axisIn(context, axis, shape.length)] = lengths?.[index] ?? null;
    }
    return [tensorOf(context.dtype(0), result)];
  },
} satisfies OpFamily;
