// https://onnx.ai/onnx/operators/onnx__Transpose.html
// Opsets: 1, 13, 21, 23, 24, 25.

import type { Shape } from '../graph/model.ts';
import { axisIn, isKnown, print } from './axes.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    Transpose: { since: 1, inputs: [1, 1], outputs: [1, 1], attributes: { perm: null } },
  },
  infer(context) {
    const shape = context.shape(0);
    const perm = context.ints('perm');
    if (shape === undefined)
      return [
        tensorOf(
          context.dtype(0),
          perm?.map(() => null),
        ),
      ];
    if (perm === undefined) return [tensorOf(context.dtype(0), shape.toReversed())];
    const isPermutation = perm.length === shape.length && new Set(perm).size === perm.length;
    if (!isPermutation) context.fail(`perm ${print(perm)} does not fit ${print(shape)}`);
    const values = context.integers(0);
    if (values !== undefined && isKnown(shape)) context.setIntegers(transposed(values, shape, perm));
    return [
      tensorOf(
        context.dtype(0),
        perm.map((axis) => shape[axisIn(context, axis, shape.length)] ?? null),
      ),
    ];
  },
} satisfies OpFamily;

/** The elements in their new order. */
function transposed(values: Shape, dims: readonly number[], perm: readonly number[]): Shape {
  if (values.length === 0) return values;
  const strides = dims.map((_, axis) => dims.slice(axis + 1).reduce((a, b) => a * b, 1));
  let offsets = [0];
  for (const axis of perm) {
    const steps = Array.from({ length: dims[axis] ?? 0 }, (_, index) => index * (strides[axis] ?? 0));
    offsets = offsets.flatMap((offset) => steps.map((step) => offset + step));
  }
  return offsets.map((offset) => values[offset] ?? null);
}
