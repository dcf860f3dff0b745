// FLOOR_DIV and FLOOR_MOD: division rounded towards minus infinity, and what it leaves, with the sign of the divisor.
// STABLEHLO_REMAINDER has the sign of the dividend.

import { int } from '../../../../graph/attribute.ts';
import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['FLOOR_DIV', 'FLOOR_MOD', 'STABLEHLO_REMAINDER'],
  lower(op) {
    const dtype = op.work(0);
    const [a, b] = [op.as(0, dtype), op.as(1, dtype)];
    const isFloat = dtype.startsWith('float');
    if (op.opcode === 'FLOOR_DIV') {
      if (isFloat) {
        op.give(0, op.emit('Floor', [op.emit('Div', [a, b], { suffix: 'quotient' })]), dtype);
        return;
      }
      const rest = op.emit('Mod', [a, b], { suffix: 'rest' });
      op.give(0, op.emit('Div', [op.emit('Sub', [a, rest], { suffix: 'whole' }), b]), dtype);
      return;
    }
    if (op.opcode === 'STABLEHLO_REMAINDER') {
      op.give(0, op.emit('Mod', [a, b], { attributes: { fmod: int(1) } }), dtype);
      return;
    }
    if (!isFloat) {
      op.give(0, op.emit('Mod', [a, b]), dtype);
      return;
    }
    // ONNX has only C's fmod for floats: what is left has the sign of the dividend and moves over by one divisor.
    const rest = op.emit('Mod', [a, b], { suffix: 'fmod', attributes: { fmod: int(1) } });
    const zero = op.numbers('zero', dtype, [0]);
    const isApart = op.emit(
      'Xor',
      [
        op.emit('Less', [b, zero], { suffix: 'below' }),
        op.emit('Less', [rest, zero], { suffix: 'rest_below' }),
      ],
      { suffix: 'apart' },
    );
    const isWhole = op.emit('Equal', [rest, zero], { suffix: 'whole' });
    const moves = op.emit('And', [isApart, op.emit('Not', [isWhole], { suffix: 'broken' })], {
      suffix: 'moves',
    });
    op.give(0, op.emit('Where', [moves, op.emit('Add', [rest, b], { suffix: 'moved' }), rest]), dtype);
  },
} satisfies OperatorFamily;
