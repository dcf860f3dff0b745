// CAST and STABLEHLO_CONVERT: numbers as they are stored, in another type.

import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['CAST', 'STABLEHLO_CONVERT'],
  problem: (op) =>
    [op.input(0), op.output()].some(({ type }) => type.startsWith('complex'))
      ? 'it casts complex numbers'
      : undefined,
  lower(op) {
    const from = op.slotOf(0).dtype;
    const { dtype } = op.output();
    op.giveStored(0, from === dtype ? op.emit('Identity', [op.stored(0)]) : op.cast(op.stored(0), dtype, ''));
  },
} satisfies OperatorFamily;
