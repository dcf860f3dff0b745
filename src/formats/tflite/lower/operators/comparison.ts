// Comparisons of numbers; quantized ones are compared as the numbers they stand for.

import type { Op, OperatorFamily } from '../definition.ts';

const opTypes: Readonly<Record<string, string>> = {
  EQUAL: 'Equal',
  NOT_EQUAL: 'Equal',
  LESS: 'Less',
  LESS_EQUAL: 'LessOrEqual',
  GREATER: 'Greater',
  GREATER_EQUAL: 'GreaterOrEqual',
};

const directions: Readonly<Record<string, string>> = {
  EQ: 'EQUAL',
  NE: 'NOT_EQUAL',
  GE: 'GREATER_EQUAL',
  GT: 'GREATER',
  LE: 'LESS_EQUAL',
  LT: 'LESS',
};

export default {
  opcodes: [...Object.keys(opTypes), 'STABLEHLO_COMPARE'],
  lower(op) {
    const relation = relationOf(op);
    const dtype = op.work(0);
    const operands = [op.as(0, dtype), op.as(1, dtype)];
    const opType = opTypes[relation] ?? op.fail(`its comparison is ${relation}`);
    if (relation !== 'NOT_EQUAL') {
      op.give(0, op.emit(opType, operands), 'bool');
      return;
    }
    op.give(0, op.emit('Not', [op.emit(opType, operands, { suffix: 'equal' })]), 'bool');
  },
} satisfies OperatorFamily;

function relationOf(op: Op): string {
  if (op.opcode !== 'STABLEHLO_COMPARE') return op.opcode;
  const direction = op.word('comparisonDirection').split('_').at(-1) ?? '';
  return directions[direction] ?? op.fail(`it compares by ${direction}`);
}
