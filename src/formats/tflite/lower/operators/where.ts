// WHERE lists the coordinates that are not zero; SELECT and SELECT_V2 choose between two tensors; STABLEHLO_CLAMP limits.

import { int } from '../../../../graph/attribute.ts';
import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['WHERE', 'SELECT', 'SELECT_V2', 'STABLEHLO_SELECT', 'STABLEHLO_CLAMP'],
  lower(op) {
    if (op.opcode === 'WHERE') {
      const dtype = op.work(0);
      const found = op.emit('NonZero', [dtype === 'bool' ? op.stored(0) : op.as(0, dtype)], {
        suffix: 'found',
      });
      op.give(0, op.emit('Transpose', [found], { attributes: { perm: int([1, 0]) } }), 'int64');
      return;
    }
    if (op.opcode === 'STABLEHLO_CLAMP') {
      const dtype = op.work(1);
      const kept = op.emit('Max', [op.as(1, dtype), op.as(0, dtype)], { suffix: 'kept' });
      op.give(0, op.emit('Min', [kept, op.as(2, dtype)]), dtype);
      return;
    }
    const { inputs, give } = op.carry([1, 2], ['int8', 'int16', 'bool', 'uint16', 'uint32', 'uint64']);
    const [rank, selected] = [op.input(0).shape.length, op.input(1).shape.length];
    // SELECT of a vector chooses whole rows.
    const isByRow = op.opcode === 'SELECT' && rank === 1 && selected > 1;
    const rows = isByRow ? op.ints('rows', [-1, ...new Array<number>(selected - 1).fill(1)]) : undefined;
    const choice = op.stored(0);
    const condition =
      rows === undefined ? choice : op.emit('Reshape', [choice, rows], { suffix: 'condition' });
    give(0, op.emit('Where', [condition, ...inputs]));
  },
} satisfies OperatorFamily;
