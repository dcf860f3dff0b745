// https://onnx.ai/onnx/operators/onnx__Range.html
// Opsets: 11.

import type { Dim } from '../graph/model.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    Range: { since: 11, inputs: [3, 3], outputs: [1, 1] },
  },
  infer(context) {
    const [start = null, limit = null, delta = null] = [0, 1, 2].map(
      (index) => context.integers(index)?.[0] ?? null,
    );
    const length = lengthOf(start, limit, delta);
    if (typeof length === 'number' && length <= 64) {
      context.setIntegers(Array.from({ length }, (_, index) => Number(start) + index * Number(delta)));
    }
    return [tensorOf(context.dtype(0), [length])];
  },
} satisfies OpFamily;

function lengthOf(start: Dim, limit: Dim, delta: Dim): Dim {
  if (start === 0 && delta === 1 && typeof limit === 'string') return limit;
  if (typeof start !== 'number' || typeof limit !== 'number' || typeof delta !== 'number') return null;
  const length = Math.ceil((limit - start) / delta);
  return Number.isFinite(length) ? Math.max(0, length) : null;
}
