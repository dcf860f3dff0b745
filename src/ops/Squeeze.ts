// https://onnx.ai/onnx/operators/onnx__Squeeze.html
// Opsets: 1, 11, 13, 21, 23, 24, 25.

import type { Shape } from '../graph/model.ts';
import { axisIn, countOf, print, unknownDims } from './axes.ts';
import type { InferContext, OpFamily } from './definition.ts';
import { allNumbers } from './integers.ts';
import { axesFromFront, inputToInts } from './restate.ts';
import { tensorOf } from './result.ts';
import { intsToInput } from './rewrite.ts';

export default {
  ops: {
    Squeeze: { since: 1, inputs: [1, 2], outputs: [1, 1] },
  },
  infer(context) {
    const values = context.integers(0);
    if (values !== undefined) context.setIntegers(values);
    return [tensorOf(context.dtype(0), squeezed(context))];
  },
  upgrades: [{ to: 13, opTypes: ['Squeeze'], rewrite: intsToInput('axes', 1) }],
  downgrades: [
    { from: 13, opTypes: ['Squeeze'], rewrite: inputToInts('axes', 1) },
    { from: 11, opTypes: ['Squeeze'], rewrite: axesFromFront },
  ],
} satisfies OpFamily;

function squeezed(context: InferContext): Shape | undefined {
  const shape = context.shape(0);
  if (shape === undefined) return undefined;
  if ((context.node.inputs[1] ?? '') === '') {
    // Without axes, every axis of length 1 goes; an unknown one might.
    return shape.every((dim) => typeof dim === 'number') ? shape.filter((dim) => dim !== 1) : undefined;
  }
  const axes = allNumbers(context.integers(1));
  if (axes === undefined) {
    const count = countOf(context, 1);
    return count !== undefined && count <= shape.length ? unknownDims(shape.length - count) : undefined;
  }
  const gone = new Set(axes.map((axis) => axisIn(context, axis, shape.length)));
  for (const axis of gone) {
    const dim = shape[axis];
    if (typeof dim === 'number' && dim !== 1) context.fail(`axis ${axis} of ${print(shape)} is not 1`);
  }
  return shape.filter((_, axis) => !gone.has(axis));
}
