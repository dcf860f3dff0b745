// STABLEHLO_PAD: a value put around a tensor; negative amounts cut.

import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['STABLEHLO_PAD'],
  problem: (op) =>
    op.list('interiorPadding').some((amount) => amount !== 0) ? 'it puts values between elements' : undefined,
  lower(op) {
    const { inputs, give } = op.carry([0, 1], ['int16', 'uint16']);
    const pads = op.ints('pads', [...op.list('edgePaddingLow'), ...op.list('edgePaddingHigh')]);
    const [x = '', value = ''] = inputs;
    const scalar = op.emit('Reshape', [value, op.ints('scalar', [])], { suffix: 'value' });
    give(0, op.emit('Pad', [x, pads, scalar]));
  },
} satisfies OperatorFamily;
