// Functions of one number that TFLite does not have, from those it has.

import { tensorType } from '../../../graph/model.ts';
import type { Build } from '../rewrite/build.ts';
import { byOperator, type Replacement } from '../rewrite/by-operator.ts';

function atan2(build: Build, y: string, x: string): string {
  const { dtype, shape } = build.type(build.node.inputs[0] ?? '');
  return build.tflite('ATAN2', [y, x], {}, tensorType(dtype, shape));
}

const one = (build: Build) => build.number(1);
const plus = (build: Build, a: string, b: string) => build.add('Add', [a, b]);
const minus = (build: Build, a: string, b: string) => build.add('Sub', [a, b]);
const times = (build: Build, a: string, b: string) => build.add('Mul', [a, b]);
const half = (build: Build, a: string) => times(build, a, build.number(0.5));
const exp = (build: Build, x: string) => build.add('Exp', [x]);
/** √(1 − x²), as a product so that little is lost near 1. */
const other = (build: Build, x: string) =>
  build.add('Sqrt', [times(build, minus(build, one(build), x), plus(build, one(build), x))]);

const formulas: Readonly<Record<string, Replacement>> = {
  Acos: (build, x) => atan2(build, other(build, x), x),
  Asin: (build, x) => atan2(build, x, other(build, x)),
  // A constant operand would have to be of x's shape: the kernel does not spread it.
  Atan: (build, x) => atan2(build, x, exp(build, minus(build, x, x))),
  Acosh(build, x) {
    const root = build.add('Sqrt', [times(build, minus(build, x, one(build)), plus(build, x, one(build)))]);
    return build.add('Log', [plus(build, x, root)]);
  },
  Asinh(build, x) {
    const size = build.add('Abs', [x]);
    const root = build.add('Sqrt', [plus(build, times(build, x, x), one(build))]);
    return times(build, build.add('Sign', [x]), build.add('Log', [plus(build, size, root)]));
  },
  Atanh(build, x) {
    const ratio = build.add('Div', [plus(build, one(build), x), minus(build, one(build), x)]);
    return half(build, build.add('Log', [ratio]));
  },
  Cosh: (build, x) => half(build, plus(build, exp(build, x), exp(build, build.add('Neg', [x])))),
  Sinh(build, x) {
    // eˣ − 1 by Elu keeps what the difference of two numbers near 1 would lose: sinh |x| = (a + a / (a + 1)) / 2.
    const size = build.add('Abs', [x]);
    const grown = minus(build, exp(build, size), one(build));
    const sum = plus(build, grown, build.add('Div', [grown, plus(build, grown, one(build))]));
    return times(build, build.add('Sign', [x]), half(build, sum));
  },
  Tan: (build, x) => build.add('Div', [build.add('Sin', [x]), build.add('Cos', [x])]),
  // GELU(x) = x·Φ(x) and erf(y) = 2·Φ(√2·y) − 1; exact at 0, where the quotient is ½.
  Erf(build, x) {
    const { dtype, shape } = build.type(x);
    const size = build.add('Max', [build.add('Abs', [x]), build.number(1e-30)]);
    const stretched = times(build, size, build.number(Math.SQRT2));
    const gelu = build.tflite('GELU', [stretched], { approximate: 0 }, tensorType(dtype, shape));
    const phi = build.add('Div', [gelu, stretched]);
    const erf = minus(build, times(build, phi, build.number(2)), one(build));
    return times(build, erf, build.add('Sign', [x]));
  },
  IsNaN: (build, x) => build.add('Not', [build.add('Equal', [x, x])]),
  IsInf(build, x) {
    const infinity = build.number(Number.POSITIVE_INFINITY);
    const up = build.attribute('detect_positive', 1) === 1;
    const down = build.attribute('detect_negative', 1) === 1;
    if (up && down) return build.add('Equal', [build.add('Abs', [x]), infinity]);
    if (up) return build.add('Equal', [x, infinity]);
    if (down) return build.add('Equal', [x, build.number(Number.NEGATIVE_INFINITY)]);
    return build.add('And', [build.add('Equal', [x, infinity]), build.add('Less', [x, build.number(0)])]);
  },
};

export default byOperator(formulas);
