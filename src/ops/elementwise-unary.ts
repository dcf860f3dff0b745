// https://onnx.ai/onnx/operators/onnx__Abs.html and likewise for the others.
// Opsets: Abs 1, 6, 13; Acos 7, 22; Acosh 9, 22; Asin 7, 22; Asinh 9, 22; Atan 7, 22; Atanh 9, 22; BitwiseNot
// 18; Ceil 1, 6, 13; Cos 7, 22; Cosh 9, 22; Erf 9, 13; Exp 1, 6, 13; Floor 1, 6, 13; Log 1, 6, 13; Neg 1, 6,
// 13; Not 1; Reciprocal 1, 6, 13; Round 11, 22; Sigmoid 1, 6, 13; Sign 9, 13; Sin 7, 22; Sinh 9, 22; Sqrt 1,
// 6, 13; Tan 7, 22; Tanh 1, 6, 13.

import type { OpFamily, OpSignature } from './definition.ts';
import { mapIntegers } from './integers.ts';
import { likeInput } from './result.ts';

const unary = (since: number, bfloat16?: number): OpSignature => ({
  since,
  inputs: [1, 1],
  outputs: [1, 1],
  ...(bfloat16 !== undefined && { later: { bfloat16 } }),
});

/** What shape arithmetic needs to know about numbers; a function of a symbol is unknown. */
const onNumbers: Readonly<Record<string, (value: number) => number>> = {
  Abs: Math.abs,
  Ceil: Math.ceil,
  Floor: Math.floor,
  Neg: (value) => -value,
  Not: (value) => 1 - value,
  Round: roundHalfToEven,
  Sign: Math.sign,
  Sqrt: Math.sqrt,
};

/** Symbols are lengths: whole and not negative, so these leave them as they are. */
const keepsLengths = new Set(['Abs', 'Ceil', 'Floor', 'Round']);

export default {
  ops: {
    Abs: unary(1),
    Acos: unary(7, 22),
    Acosh: unary(9, 22),
    Asin: unary(7, 22),
    Asinh: unary(9, 22),
    Atan: unary(7, 22),
    Atanh: unary(9, 22),
    BitwiseNot: unary(18),
    Ceil: unary(1),
    Cos: unary(7, 22),
    Cosh: unary(9, 22),
    Erf: unary(9),
    Exp: unary(1),
    Floor: unary(1),
    Log: unary(1),
    Neg: unary(1),
    Not: unary(1),
    Reciprocal: unary(1),
    Round: unary(11, 22),
    Sigmoid: unary(1),
    Sign: unary(9),
    Sin: unary(7, 22),
    Sinh: unary(9, 22),
    Sqrt: unary(1),
    Tan: unary(7, 22),
    Tanh: unary(1),
  },
  infer(context) {
    const { opType } = context.node;
    const apply = onNumbers[opType];
    if (apply !== undefined) {
      mapIntegers(context, (value) =>
        typeof value === 'number' ? apply(value) : keepsLengths.has(opType) ? value : null,
      );
    }
    return likeInput(context);
  },
} satisfies OpFamily;

function roundHalfToEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
