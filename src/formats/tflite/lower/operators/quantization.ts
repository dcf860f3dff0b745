// QUANTIZE (also from one quantization to another), DEQUANTIZE and DENSIFY. Constants stay constants.

import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['QUANTIZE', 'DEQUANTIZE', 'DENSIFY'],
  lower(op) {
    const slot = op.slotOf(0);
    const isConstant = slot.tensor !== undefined && op.output().dtype.startsWith('float');
    // What reads it sees the stored numbers with their scale, and can rearrange them.
    if (op.opcode === 'DENSIFY' || isConstant) op.giveSlot(0, slot);
    else op.give(0, op.as(0, 'float32'), 'float32');
  },
} satisfies OperatorFamily;
