// BROADCAST_ARGS: the shape that two shapes broadcast to.

import { int } from '../../../../graph/attribute.ts';
import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['BROADCAST_ARGS'],
  problem: (op) =>
    [op.input(0), op.input(1)].some(({ shape }) => typeof shape[0] !== 'number')
      ? 'the number of axes it broadcasts is not known'
      : undefined,
  lower(op) {
    const lengths = [op.input(0), op.input(1)].map(({ shape }) => Number(shape[0]));
    const rank = Math.max(...lengths);
    const [a = '', b = ''] = lengths.map((length, index) => {
      const shape = op.as(index, 'int64');
      if (length === rank) return shape;
      const ones = op.numbers(`ones_${index}`, 'int64', new Array<number>(rank - length).fill(1), [
        rank - length,
      ]);
      return op.emit('Concat', [ones, shape], { suffix: `aligned_${index}`, attributes: { axis: int(0) } });
    });
    // Not the larger one: an axis of length 0 wins over 1.
    const isOne = op.emit('Equal', [a, op.numbers('one', 'int64', [1])], { suffix: 'one_long' });
    op.give(0, op.emit('Where', [isOne, b, a]), 'int64');
  },
} satisfies OperatorFamily;
