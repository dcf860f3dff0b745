// Indices that may count from the end, which TFLite's kernels do not take.

import type { Emission } from './emission.ts';

/** Those below 0 with `length`, a scalar of their type, added. */
export function countForward(emission: Emission, indices: number, length: number): number {
  const like = emission.like(indices);
  const zero = emission.number(like.dtype === 'int64' ? 'int64' : 'int32', 0);
  const isNegative = emission.make('LESS', [indices, zero], { ...like, dtype: 'bool' });
  const moved = emission.make('ADD', [indices, length], like);
  return emission.make('SELECT_V2', [isNegative, moved, indices], like);
}
