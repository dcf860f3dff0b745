// TOPK_V2: the largest of the last axis, largest first, and where they are.

import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['TOPK_V2'],
  lower(op) {
    const { inputs, give } = op.carry([0], ['int8', 'uint8', 'int16']);
    const [x = ''] = inputs;
    const k = op.integers(1);
    const count = k
      ? op.ints('k', [k[0] ?? 0])
      : op.emit('Reshape', [op.cast(op.stored(1), 'int64', 'count'), op.ints('one', [1])], { suffix: 'k' });
    const [values = '', indices = ''] = op.emitAll('TopK', [x, count], 2);
    give(0, values);
    if (op.outputCount > 1) op.give(1, indices, 'int64');
  },
} satisfies OperatorFamily;
