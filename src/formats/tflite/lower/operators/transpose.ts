// TRANSPOSE: axes in another order.

import { int } from '../../../../graph/attribute.ts';
import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['TRANSPOSE', 'STABLEHLO_TRANSPOSE'],
  problem: (op) =>
    op.opcode === 'TRANSPOSE' && op.integers(1) === undefined ? 'its order of axes is computed' : undefined,
  lower(op) {
    const given = op.opcode === 'TRANSPOSE' ? op.constant(1, 'its order of axes') : op.list('permutation');
    const rank = given.length;
    const perm = given.map((axis) => op.axis(axis, rank));
    if (new Set(perm).size !== rank) op.fail(`it orders axes as ${given.join(', ')}`);
    const { inputs, give } = op.carry([0]);
    give(0, op.emit('Transpose', inputs, { attributes: { perm: int(perm) } }));
  },
} satisfies OperatorFamily;
