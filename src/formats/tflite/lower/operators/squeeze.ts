// SQUEEZE drops axes of length one, all of them unless some are named; EXPAND_DIMS adds one.

import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['SQUEEZE', 'EXPAND_DIMS'],
  problem: (op) =>
    op.opcode === 'EXPAND_DIMS' && op.integers(1) === undefined ? 'its axis is computed' : undefined,
  lower(op) {
    const { inputs, give } = op.carry([0]);
    const [x = ''] = inputs;
    const { shape } = op.input(0);
    if (op.opcode === 'EXPAND_DIMS') {
      const [axis = 0] = op.constant(1, 'its axis');
      const rank = shape.length + 1;
      give(0, op.emit('Unsqueeze', [x, op.ints('axes', [op.axis(axis, rank)])]));
      return;
    }
    const named = op.list('squeezeDims').map((axis) => op.axis(axis, shape.length));
    const axes = named.length > 0 ? named : [...shape.keys()].filter((axis) => shape[axis] === 1);
    give(0, op.emit('Squeeze', [x, op.ints('axes', axes)]));
  },
} satisfies OperatorFamily;
