// UNIQUE: the different elements in the order they come, and which of them each element is.

import { int } from '../../../../graph/attribute.ts';
import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['UNIQUE'],
  lower(op) {
    const dtype = op.work(0) === 'int32' ? 'int64' : op.work(0);
    const [values = '', , which = ''] = op.emitAll('Unique', [op.as(0, dtype)], 3, {
      attributes: { sorted: int(0) },
    });
    op.give(0, values, dtype);
    if (op.outputCount > 1) op.give(1, which, 'int64');
  },
} satisfies OperatorFamily;
