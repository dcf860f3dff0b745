// https://onnx.ai/onnx/operators/onnx__Concat.html
// Opsets: 1, 4, 11, 13.

import type { Dim, Shape } from '../graph/model.ts';
import { axisIn, print, sameDim, sum, unknownDims } from './axes.ts';
import type { InferContext, OpFamily } from './definition.ts';
import { axesFromFront } from './restate.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    Concat: { since: 1, inputs: [1, Infinity], outputs: [1, 1], attributes: { axis: null } },
  },
  infer(context) {
    const indices = context.node.inputs.map((_, index) => index);
    const values = concatenatedIntegers(context, indices);
    if (values !== undefined) context.setIntegers(values);
    const dtype = indices.map((index) => context.dtype(index)).find((found) => found !== undefined);
    return [tensorOf(dtype, concatenated(context, indices))];
  },
  downgrades: [{ from: 11, opTypes: ['Concat'], rewrite: axesFromFront }],
} satisfies OpFamily;

function concatenated(context: InferContext, indices: readonly number[]): Shape | undefined {
  const shapes = indices.map((index) => context.shape(index));
  const first = shapes.find((shape) => shape !== undefined);
  if (first === undefined) return undefined;
  const at = axisIn(context, context.int('axis'), first.length);
  const known = shapes.filter((shape) => shape !== undefined);
  for (const shape of known) {
    if (shape.length !== first.length)
      context.fail(`${print(first)} and ${print(shape)} have different ranks`);
  }
  return first.map((_, axis): Dim => {
    const dims = known.map((shape) => shape[axis] ?? null);
    if (axis !== at) return dims.reduce((a, b) => sameDim(context, a, b, `axis ${axis}`));
    return known.length === shapes.length ? sum(dims) : null;
  });
}

/** The list itself, when these are lists: one of known length may hold unknown numbers. */
function concatenatedIntegers(context: InferContext, indices: readonly number[]): Shape | undefined {
  const lists: Shape[] = [];
  for (const index of indices) {
    const shape = context.shape(index);
    if (shape?.length !== 1) return undefined;
    const [length] = shape;
    const values = context.integers(index);
    if (values !== undefined) lists.push(values);
    else if (typeof length === 'number' && length < 64) lists.push(unknownDims(length));
    else return undefined;
  }
  return lists.flat();
}
