// BUCKETIZE: how many of the boundaries each number has reached.

import { int } from '../../../../graph/attribute.ts';
import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['BUCKETIZE'],
  lower(op) {
    const boundaries = op.list('boundaries');
    const column = op.emit('Unsqueeze', [op.as(0, 'float32'), op.ints('last', [-1])], { suffix: 'column' });
    const limits = op.numbers('boundaries', 'float32', boundaries, [boundaries.length]);
    const reached = op.emit('GreaterOrEqual', [column, limits], { suffix: 'reached' });
    const counted = op.emit('ReduceSum', [op.cast(reached, 'int32', 'counts'), op.ints('axis', [-1])], {
      attributes: { keepdims: int(0) },
    });
    op.give(0, counted, 'int32');
  },
} satisfies OperatorFamily;
