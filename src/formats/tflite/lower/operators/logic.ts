// Logic on truth values, and bit by bit on integers.

import type { OperatorFamily } from '../definition.ts';

const opTypes: Readonly<Record<string, readonly [onBools: string, onIntegers: string]>> = {
  LOGICAL_AND: ['And', 'BitwiseAnd'],
  LOGICAL_OR: ['Or', 'BitwiseOr'],
  LOGICAL_NOT: ['Not', 'BitwiseNot'],
  BITWISE_XOR: ['Xor', 'BitwiseXor'],
  STABLEHLO_AND: ['And', 'BitwiseAnd'],
  STABLEHLO_OR: ['Or', 'BitwiseOr'],
};

export default {
  opcodes: Object.keys(opTypes),
  lower(op) {
    const { dtype } = op.input(0);
    const [onBools = '', onIntegers = ''] = opTypes[op.opcode] ?? [];
    const operands = Array.from({ length: op.inputCount }, (_, index) => op.stored(index));
    op.giveStored(0, op.emit(dtype === 'bool' ? onBools : onIntegers, operands));
  },
} satisfies OperatorFamily;
