// One operand, element by element.

import { float, string } from '../../../../graph/attribute.ts';
import type { DType } from '../../../../graph/dtype.ts';
import { clip } from '../activation.ts';
import type { Op, OperatorFamily } from '../definition.ts';

type Formula = (op: Op, x: string, dtype: DType) => string;

const one =
  (opType: string): Formula =>
  (op, x) =>
    op.emit(opType, [x]);
const between =
  (low: number, high: number): Formula =>
  (op, x, dtype) =>
    clip(op, x, low, high, dtype);
const reciprocalRoot: Formula = (op, x) => op.emit('Reciprocal', [op.emit('Sqrt', [x], { suffix: 'sqrt' })]);

const formulas: Readonly<Record<string, Formula>> = {
  ABS: one('Abs'),
  NEG: one('Neg'),
  EXP: one('Exp'),
  LOG: one('Log'),
  SQRT: one('Sqrt'),
  RSQRT: reciprocalRoot,
  SIN: one('Sin'),
  COS: one('Cos'),
  FLOOR: one('Floor'),
  CEIL: one('Ceil'),
  // Both round halves to the even neighbour.
  ROUND: one('Round'),
  SIGN: one('Sign'),
  LOGISTIC: one('Sigmoid'),
  TANH: one('Tanh'),
  SQUARE: (op, x) => op.emit('Mul', [x, x]),
  RELU: between(0, Number.POSITIVE_INFINITY),
  RELU6: between(0, 6),
  RELU_N1_TO_1: between(-1, 1),
  RELU_0_TO_1: between(0, 1),
  ELU: one('Elu'),
  HARD_SWISH: one('HardSwish'),
  LEAKY_RELU: (op, x) => op.emit('LeakyRelu', [x], { attributes: { alpha: float(op.float('alpha', 0)) } }),
  GELU: (op, x) =>
    op.emit('Gelu', [x], { attributes: { approximate: string(op.flag('approximate') ? 'tanh' : 'none') } }),
  STABLEHLO_ABS: one('Abs'),
  STABLEHLO_NEGATE: one('Neg'),
  STABLEHLO_EXPONENTIAL: one('Exp'),
  STABLEHLO_LOG: one('Log'),
  STABLEHLO_RSQRT: reciprocalRoot,
  STABLEHLO_COSINE: one('Cos'),
  STABLEHLO_FLOOR: one('Floor'),
  STABLEHLO_LOGISTIC: one('Sigmoid'),
  STABLEHLO_TANH: one('Tanh'),
  STABLEHLO_CBRT: (op, x, dtype) => {
    const root = op.emit(
      'Pow',
      [op.emit('Abs', [x], { suffix: 'abs' }), op.numbers('third', dtype, [1 / 3])],
      {
        suffix: 'root',
      },
    );
    return op.emit('Mul', [op.emit('Sign', [x], { suffix: 'sign' }), root]);
  },
};

export default {
  opcodes: Object.keys(formulas),
  lower(op) {
    const dtype = op.work(0);
    const formula = formulas[op.opcode] ?? op.refuse('it is not known');
    op.give(0, formula(op, op.as(0, dtype), dtype), dtype);
  },
} satisfies OperatorFamily;
