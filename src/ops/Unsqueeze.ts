// https://onnx.ai/onnx/operators/onnx__Unsqueeze.html
// Opsets: 1, 11, 13, 21, 23, 24, 25.

import type { Dim, Shape } from '../graph/model.ts';
import { axisIn, countOf, unknownDims } from './axes.ts';
import type { InferContext, OpFamily } from './definition.ts';
import { allNumbers } from './integers.ts';
import { tensorOf } from './result.ts';
import { intsToInput } from './rewrite.ts';

export default {
  ops: {
    Unsqueeze: { since: 1, inputs: [2, 2], outputs: [1, 1] },
  },
  infer(context) {
    const values = context.integers(0);
    if (values !== undefined) context.setIntegers(values);
    return [tensorOf(context.dtype(0), unsqueezed(context))];
  },
  upgrades: [{ to: 13, opTypes: ['Unsqueeze'], rewrite: intsToInput('axes', 1) }],
} satisfies OpFamily;

function unsqueezed(context: InferContext): Shape | undefined {
  const shape = context.shape(0);
  if (shape === undefined) return undefined;
  const axes = allNumbers(context.integers(1));
  if (axes === undefined) {
    const count = countOf(context, 1);
    return count !== undefined ? unknownDims(shape.length + count) : undefined;
  }
  const rank = shape.length + axes.length;
  const added = new Set(axes.map((axis) => axisIn(context, axis, rank)));
  if (added.size !== axes.length) context.fail('an axis is named twice');
  let from = 0;
  return Array.from({ length: rank }, (_, axis): Dim => (added.has(axis) ? 1 : (shape[from++] ?? null)));
}
