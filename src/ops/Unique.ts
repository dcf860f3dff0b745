// https://onnx.ai/onnx/operators/onnx__Unique.html
// Opsets: 11.

import { int } from '../graph/attribute.ts';
import { axisIn, product, withDim } from './axes.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    Unique: { since: 11, inputs: [1, 1], outputs: [1, 4], attributes: { axis: null, sorted: int(1) } },
  },
  infer(context) {
    const shape = context.shape(0);
    const axis = context.find('axis')?.value;
    const count = context.symbol('count');
    const at =
      typeof axis === 'number' && shape !== undefined ? axisIn(context, axis, shape.length) : undefined;
    // Without an axis, the elements of the flattened tensor.
    const unique = typeof axis !== 'number' ? [count] : shape && withDim(shape, at ?? 0, count);
    const all = shape === undefined ? null : at === undefined ? product(shape) : (shape[at] ?? null);
    const counts = tensorOf('int64', [count]);
    return [tensorOf(context.dtype(0), unique), counts, tensorOf('int64', [all]), counts];
  },
} satisfies OpFamily;
