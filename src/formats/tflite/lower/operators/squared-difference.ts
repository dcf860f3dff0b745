// SQUARED_DIFFERENCE: (a − b)².

import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['SQUARED_DIFFERENCE'],
  lower(op) {
    const dtype = op.work(0);
    const difference = op.emit('Sub', [op.as(0, dtype), op.as(1, dtype)], { suffix: 'difference' });
    op.give(0, op.emit('Mul', [difference, difference]), dtype);
  },
} satisfies OperatorFamily;
