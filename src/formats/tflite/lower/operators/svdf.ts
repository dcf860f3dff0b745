// SVDF: a layer of rank-limited filters over features and time. https://research.google/pubs/pub43813
//
// The memory holds what each filter saw in earlier runs, oldest first. A run that starts from zero has only the newest
// place filled: the filters over time count with their last weight alone.

import { int } from '../../../../graph/attribute.ts';
import { take } from '../../../../graph/rearrange.ts';
import { activate, activationProblem } from '../activation.ts';
import type { Op, OperatorFamily } from '../definition.ts';
import { noteReset } from '../recurrent/sequence.ts';
import { needed, turned, weightsProblem } from '../recurrent/weights.ts';

export default {
  opcodes: ['SVDF'],
  problem: (op) => activationProblem(op) ?? weightsProblem(op, [1, 2, 3]),
  lower(op) {
    const [features, times] = [needed(op, 1), needed(op, 2)];
    const [filters = 0, memory = 0] = times.dims;
    const rank = op.int('rank', 1);
    if (rank < 1 || memory < 1 || filters % rank !== 0 || features.dims[0] !== filters) {
      op.fail(`it has ${filters} filters of rank ${rank} over ${memory} steps`);
    }
    const emit = (suffix: string, opType: string, values: readonly string[]) =>
      op.emit(opType, values, { suffix });
    const sum = (suffix: string, value: string) =>
      op.emit('ReduceSum', [value, op.ints(`${suffix}/axis`, [2])], {
        suffix,
        attributes: { keepdims: int(0) },
      });
    const product = emit('features', 'MatMul', [op.real(0), op.make('feature_weights', turned(features))]);
    const seen = op.requantized(4, product, 'newest');
    const last = { ...take(times, 1, [memory - 1]), dims: [filters] };
    const isNew = op.input(4).isVariable && !op.keepsState;
    const weighted = isNew
      ? emit('weighted', 'Mul', [seen, op.make('last_weights', last)])
      : sum(
          'weighted',
          emit('over_time', 'Mul', [remembered(op, seen, filters, memory), op.make('time_weights', times)]),
        );
    if (isNew) noteReset(op);
    const summed =
      rank === 1
        ? weighted
        : sum('summed', emit('grouped', 'Reshape', [weighted, op.ints('ranks', [-1, filters / rank, rank])]));
    const biased = op.hasInput(3) ? emit('biased', 'Add', [summed, op.make('bias', needed(op, 3))]) : summed;
    op.give(0, activate(op, biased));
  },
} satisfies OperatorFamily;

/** A memory that is given or kept: the oldest place makes room for the newest. */
function remembered(op: Op, seen: string, filters: number, memory: number): string {
  const emit = (suffix: string, opType: string, values: readonly string[]) =>
    op.emit(opType, values, { suffix });
  const before = emit('memory', 'Reshape', [op.real(4), op.ints('places', [-1, filters, memory])]);
  const kept = emit('kept', 'Slice', [
    before,
    op.ints('from', [1]),
    op.ints('to', [memory]),
    op.ints('time', [2]),
  ]);
  const newest = emit('place', 'Unsqueeze', [seen, op.ints('last', [2])]);
  const now = op.emit('Concat', [kept, newest], { suffix: 'now', attributes: { axis: int(2) } });
  if (op.keepsState)
    op.keep(4, emit('flat', 'Reshape', [now, op.ints('flat/shape', [-1, filters * memory])]));
  return now;
}
