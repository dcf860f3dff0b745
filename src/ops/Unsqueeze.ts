// https://onnx.ai/onnx/operators/onnx__Unsqueeze.html
// Opsets: 1, 11, 13, 21, 23, 24, 25.

import { int } from '../graph/attribute.ts';
import type { Dim, Node, Shape } from '../graph/model.ts';
import { axisIn, countOf, unknownDims } from './axes.ts';
import type { InferContext, OpFamily, UpgradeContext } from './definition.ts';
import { allNumbers } from './integers.ts';
import { inputToInts } from './restate.ts';
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
  downgrades: [
    { from: 13, opTypes: ['Unsqueeze'], rewrite: inputToInts('axes', 1) },
    { from: 11, opTypes: ['Unsqueeze'], rewrite: axesFromFront },
  ],
} satisfies OpFamily;

/** The axes are those of the result. */
function axesFromFront(node: Node, context: UpgradeContext): readonly Node[] | string {
  const axes = context.read(node, 'ints', 'axes', []);
  const rank = context.shape(node.inputs[0] ?? '')?.length;
  if (axes.every((axis) => axis >= 0)) return [node];
  if (rank === undefined) return 'an axis counts from the end of a tensor of unknown rank';
  node.attributes.set('axes', int(axes.map((axis) => (axis < 0 ? axis + rank + axes.length : axis))));
  return [node];
}

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
