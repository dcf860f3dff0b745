// Given:   x × ½ × (1 + Erf(x ÷ √2))                                    Result:  Gelu(x)
// Given:   x × ½ × (1 + Tanh(√(2/π) × (x + 0.044715 × x³)))             Result:  Gelu(x, approximate = tanh)
//
//   1. The factors may be multiplied in any order; x ÷ √2 may be x × √½; x³ may be Pow(x, 3) or x × x × x; the √(2/π)
//      may be multiplied in.
//   2. Left alone: something else reads a value in between; another constant; another x in one place.
//
// https://onnx.ai/onnx/operators/onnx__Gelu.html (opset 20)

import { string } from '../graph/attribute.ts';
import type { Pass } from './definition.ts';
import { add, any, either, mul, number, op, type Pattern, product, scaled } from './match/pattern.ts';
import { type Form, replacing } from './match/rewrite.ts';

const x = any();

const exact = product(x, number(0.5), add(number(1), op('Erf', scaled(x, Math.SQRT1_2))));

const ROOT = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;
const square = either(mul(x, x), op('Pow', x, number(2)));
const cube = either(op('Pow', x, number(3)), mul(x, square));
const approximate = product(
  x,
  number(0.5),
  add(
    number(1),
    op(
      'Tanh',
      either(
        mul(number(ROOT, 1e-5), add(x, mul(number(CUBIC), cube))),
        mul(mul(number(ROOT, 1e-5), x), add(number(1), mul(number(CUBIC), square))),
        mul(x, add(number(ROOT, 1e-5), mul(number(ROOT * CUBIC, 1e-5), square))),
      ),
    ),
  ),
);

const gelu = (pattern: Pattern, kind: string): Form => ({
  pattern,
  result: (found) => ({
    opType: 'Gelu',
    inputs: [found.value(x)],
    attributes: { approximate: string(kind) },
  }),
});

export default replacing('fuse-gelu', [gelu(exact, 'none'), gelu(approximate, 'tanh')]) satisfies Pass;
