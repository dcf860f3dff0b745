// A layer that reads its sequence from both ends: one result for each way, or the two side by side.

import { int } from '../../../../graph/attribute.ts';
import type { Op } from '../definition.ts';
import { timeFirst } from './sequence.ts';

/** One way: the prefix of its names, its input, and the auxiliary input where that has weights here. */
export type Way = {
  readonly name: string;
  readonly x: string;
  readonly other: string | undefined;
  readonly isBackwards: boolean;
};

/**
 * `x` has time first. `auxiliary`: the input that may be a second sequence; `weights`: those it has in each way. Without
 * any it is what the way back reads.
 */
export function giveBothWays(
  op: Op,
  x: string,
  { auxiliary, weights }: { readonly auxiliary: number; readonly weights: readonly [number, number] },
  run: (way: Way, index: number) => string,
): void {
  const isTimeMajor = op.flag('timeMajor');
  const perm = isTimeMajor ? undefined : [1, 0, 2];
  const other = op.hasInput(auxiliary) ? timeFirst(op, auxiliary, isTimeMajor) : undefined;
  const results = weights.map((place, index) => {
    const isWeighted = other !== undefined && op.hasInput(place);
    const input = index === 1 && other !== undefined && !isWeighted ? other : x;
    const name = index === 0 ? 'forward/' : 'backward/';
    const way = { name, x: input, other: isWeighted ? other : undefined, isBackwards: index === 1 };
    return run(way, index);
  });
  if (op.flag('mergeOutputs')) {
    const merged = op.emit('Concat', results, { suffix: 'merged', attributes: { axis: int(-1) } });
    op.give(0, merged, 'float32', perm);
  } else for (const [index, result] of results.entries()) op.give(index, result, 'float32', perm);
}
