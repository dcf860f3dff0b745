// RIGHT_SHIFT keeps the sign, STABLEHLO_SHIFT_LEFT drops what leaves on the left; ONNX shifts unsigned integers only.

import type { OperatorFamily } from '../definition.ts';

const bits: Readonly<Record<string, number>> = {
  int8: 8,
  uint8: 8,
  int16: 16,
  uint16: 16,
  int32: 32,
  uint32: 32,
};

export default {
  opcodes: ['RIGHT_SHIFT', 'STABLEHLO_SHIFT_LEFT'],
  problem: (op) =>
    bits[op.input(0).dtype] === undefined
      ? `it shifts ${op.input(0).dtype}, which is wider than 32 bits`
      : undefined,
  lower(op) {
    const width = bits[op.input(0).dtype] ?? 32;
    const [value, shift] = [op.cast(op.stored(0), 'int64', 'wide'), op.cast(op.stored(1), 'int64', 'shift')];
    const least = op.numbers('none', 'int64', [0]);
    const most = op.numbers('most', 'int64', [width - 1]);
    const steps = op.emit('Clip', [shift, least, most], { suffix: 'steps' });
    const factor = op.emit('Pow', [op.numbers('two', 'int64', [2]), steps], { suffix: 'factor' });
    if (op.opcode === 'STABLEHLO_SHIFT_LEFT') {
      op.give(0, op.emit('Mul', [value, factor]), 'int64');
      return;
    }
    const rest = op.emit('Mod', [value, factor], { suffix: 'rest' });
    op.give(0, op.emit('Div', [op.emit('Sub', [value, rest], { suffix: 'whole' }), factor]), 'int64');
  },
} satisfies OperatorFamily;
