// SHAPE and RANK.

import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['SHAPE', 'RANK'],
  lower(op) {
    if (op.opcode === 'SHAPE') op.give(0, op.shapeOf(op.stored(0), ''), 'int64');
    else op.give(0, op.emit('Size', [op.shapeOf(op.stored(0))]), 'int64');
  },
} satisfies OperatorFamily;
