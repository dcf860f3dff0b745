// CUMSUM: running sums along an axis.

import { int } from '../../../../graph/attribute.ts';
import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['CUMSUM'],
  lower(op) {
    const dtype = op.work(0);
    const axis = op.emit('Reshape', [op.as(1, 'int64'), op.ints('scalar', [])], { suffix: 'axis' });
    const attributes = {
      exclusive: int(op.flag('exclusive') ? 1 : 0),
      reverse: int(op.flag('reverse') ? 1 : 0),
    };
    op.give(0, op.emit('CumSum', [op.as(0, dtype), axis], { attributes }), dtype);
  },
} satisfies OperatorFamily;
