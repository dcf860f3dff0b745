// https://onnx.ai/onnx/operators/onnx__DFT.html
// Opsets: 17, 20.

import { int } from '../graph/attribute.ts';
import type { Dim } from '../graph/model.ts';
import { axisIn, unknownDims } from './axes.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    DFT: { since: 17, inputs: [1, 3], outputs: [1, 1], attributes: { inverse: int(0), onesided: int(0) } },
  },
  infer(context) {
    const shape = context.shape(0);
    if (shape === undefined) return [tensorOf(context.dtype(0), undefined)];
    const given = (context.node.inputs[2] ?? '') !== '';
    const axis = given ? context.integers(2)?.[0] : -2;
    if (typeof axis !== 'number') return [tensorOf(context.dtype(0), [...unknownDims(shape.length - 1), 2])];
    const at = axisIn(context, axis, shape.length);
    const hasLength = (context.node.inputs[1] ?? '') !== '';
    const length: Dim = hasLength ? (context.integers(1)?.[0] ?? null) : (shape[at] ?? null);
    const isOneSided = context.int('onesided') === 1;
    const transformed = isOneSided
      ? typeof length === 'number'
        ? Math.floor(length / 2) + 1
        : null
      : length;
    // The last axis holds the real and the imaginary part.
    const result = shape.map((dim, index) =>
      index === at ? transformed : index === shape.length - 1 ? 2 : dim,
    );
    return [tensorOf(context.dtype(0), result)];
  },
} satisfies OpFamily;
