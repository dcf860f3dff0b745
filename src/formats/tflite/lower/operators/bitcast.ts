// BITCAST: the same bytes as numbers of another type. ONNX says so from opset 26 on, which is after what is written here.

import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['BITCAST'],
  problem: (op) =>
    op.input(0).dtype === op.output().dtype
      ? undefined
      : 'ONNX reads bytes as another type only from opset 26 on',
  lower: (op) => op.giveStored(0, op.emit('Identity', [op.stored(0)])),
} satisfies OperatorFamily;
