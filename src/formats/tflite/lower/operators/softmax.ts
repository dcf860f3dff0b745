// SOFTMAX with its factor beta, and LOG_SOFTMAX, both along the last axis.

import { int } from '../../../../graph/attribute.ts';
import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['SOFTMAX', 'LOG_SOFTMAX'],
  lower(op) {
    const beta = op.opcode === 'SOFTMAX' ? op.float('beta', 1) : 1;
    const x = op.real(0);
    const scaled =
      beta === 1 ? x : op.emit('Mul', [x, op.numbers('beta', 'float32', [beta])], { suffix: 'scaled' });
    const opType = op.opcode === 'SOFTMAX' ? 'Softmax' : 'LogSoftmax';
    op.give(0, op.emit(opType, [scaled], { attributes: { axis: int(-1) } }));
  },
} satisfies OperatorFamily;
