// https://onnx.ai/onnx/operators/onnx__Max.html and likewise for the others.
// Opsets: Max 1, 6, 8, 12, 13; Mean 1, 6, 8, 13; Min 1, 6, 8, 12, 13; Sum 1, 6, 8, 13.
// Any number of tensors, broadcast together.

import type { Dim } from '../graph/model.ts';
import type { InferContext, OpFamily, OpSignature } from './definition.ts';
import { combineIntegers, numbers } from './integers.ts';
import { broadcastAll } from './result.ts';

const variadic = (since: number): OpSignature => ({ since, inputs: [1, Infinity], outputs: [1, 1] });

export default {
  ops: {
    Max: variadic(1),
    Mean: variadic(1),
    Min: variadic(1),
    Sum: variadic(1),
  },
  infer(context) {
    const { opType } = context.node;
    if (opType === 'Max') combineIntegers(context, larger(context));
    if (opType === 'Min') combineIntegers(context, numbers(context, Math.min));
    return broadcastAll(context);
  },
} satisfies OpFamily;

function larger(context: InferContext): (a: Dim, b: Dim) => Dim {
  const onNumbers = numbers(context, Math.max);
  // A symbol is a length, so it is at least 0.
  return (a, b) => {
    if (a === b) return a;
    if (typeof a === 'string' && typeof b === 'number' && b <= 0) return a;
    if (typeof b === 'string' && typeof a === 'number' && a <= 0) return b;
    return onNumbers(a, b);
  };
}
