// Two operands of shapes that broadcast, as NumPy and ONNX do it, with a fused activation.
// https://www.tensorflow.org/mlir/tfl_ops

import { activate, activationProblem } from '../activation.ts';
import type { OperatorFamily } from '../definition.ts';

const opTypes: Readonly<Record<string, string>> = {
  ADD: 'Add',
  SUB: 'Sub',
  MUL: 'Mul',
  DIV: 'Div',
  MAXIMUM: 'Max',
  MINIMUM: 'Min',
  POW: 'Pow',
  STABLEHLO_ADD: 'Add',
  STABLEHLO_SUBTRACT: 'Sub',
  STABLEHLO_MULTIPLY: 'Mul',
  STABLEHLO_DIVIDE: 'Div',
  STABLEHLO_MAXIMUM: 'Max',
  STABLEHLO_MINIMUM: 'Min',
  STABLEHLO_POWER: 'Pow',
};

/** StableHLO has no type of its own for truth values: these mean or, and. */
const logical: Readonly<Record<string, string>> = { Add: 'Or', Max: 'Or', Mul: 'And', Min: 'And' };

export default {
  opcodes: Object.keys(opTypes),
  problem: activationProblem,
  lower(op) {
    const dtype = op.work(0);
    const opType = opTypes[op.opcode] ?? '';
    const operands = [op.as(0, dtype), op.as(1, dtype)];
    if (dtype === 'bool') {
      op.give(0, op.emit(logical[opType] ?? op.refuse(`it is ${opType} of truth values`), operands), dtype);
      return;
    }
    op.give(0, activate(op, op.emit(opType, operands), dtype), dtype);
  },
} satisfies OperatorFamily;
