// BATCH_MATMUL: matrix products over the last two axes, either matrix transposed on request.

import { int } from '../../../../graph/attribute.ts';
import type { Op, OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['BATCH_MATMUL'],
  lower(op) {
    const a = operand(op, 0, op.flag('adjX'));
    const b = operand(op, 1, op.flag('adjY'));
    op.give(0, op.emit('MatMul', [a, b]));
  },
} satisfies OperatorFamily;

function operand(op: Op, index: number, isTransposed: boolean): string {
  if (!isTransposed) return op.as(index, 'float32');
  const rank = op.input(index).shape.length;
  if (rank < 2) op.fail(`input ${index} is no matrix`);
  const perm = [...Array(rank).keys()];
  [perm[rank - 2], perm[rank - 1]] = [rank - 1, rank - 2];
  if (op.tensor(index) !== undefined) return op.arranged(index, perm);
  const suffix = index === 0 ? 'left' : 'right';
  return op.emit('Transpose', [op.as(index, 'float32')], { suffix, attributes: { perm: int(perm) } });
}
