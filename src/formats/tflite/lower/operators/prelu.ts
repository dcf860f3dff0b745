// PRELU: a slope below zero that broadcasts to the input.

import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['PRELU'],
  lower: (op) => op.give(0, op.emit('PRelu', [op.real(0), op.real(1)])),
} satisfies OperatorFamily;
