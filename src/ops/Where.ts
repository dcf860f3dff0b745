// https://onnx.ai/onnx/operators/onnx__Where.html
// Opsets: 9, 16.

import type { Dim } from '../graph/model.ts';
import type { InferContext, OpFamily } from './definition.ts';
import { areAligned, spread } from './integers.ts';
import { broadcastAll } from './result.ts';

export default {
  ops: {
    Where: { since: 9, inputs: [3, 3], outputs: [1, 1] },
  },
  infer(context) {
    chooseIntegers(context);
    return broadcastAll(context, context.dtype(1) ?? context.dtype(2));
  },
} satisfies OpFamily;

function chooseIntegers(context: InferContext): void {
  if (!areAligned(context)) return;
  const [condition, whenTrue, whenFalse] = [0, 1, 2].map((index) => context.integers(index));
  if (condition === undefined || whenTrue === undefined || whenFalse === undefined) return;
  const lists = spread([condition, whenTrue, whenFalse]);
  if (lists === undefined) return;
  const [holds = [], yes = [], no = []] = lists;
  context.setIntegers(
    holds.map((truth, at): Dim => {
      const [a = null, b = null] = [yes[at], no[at]];
      if (a === b) return a;
      return typeof truth === 'number' ? (truth !== 0 ? a : b) : null;
    }),
  );
}
