// Given:   x × HardSigmoid(x, alpha = 1/6, beta = ½)          Result:  HardSwish(x)
// Given:   x × Clip(x + 3, 0, 6) ÷ 6                          Result:  HardSwish(x)
//
// The product may be divided by 6 at any point.
// https://onnx.ai/onnx/operators/onnx__HardSwish.html (opset 14)

import { attribute } from '../graph/attribute.ts';
import type { Pass } from './definition.ts';
import { add, any, either, mul, number, op, product, scaled } from './match/pattern.ts';
import { replacing } from './match/rewrite.ts';

const x = any();
const gate = op('HardSigmoid', x);
const shifted = add(x, number(3));
const clipped = either(op('Clip', shifted, number(0), number(6)), op('Min', op('Relu', shifted), number(6)));
const hardSwish = (input: string) => ({ opType: 'HardSwish', inputs: [input] });

export default replacing('fuse-hard-swish', [
  {
    pattern: mul(x, gate),
    accepts(found) {
      const node = found.node(gate);
      const isSixth = Math.abs(attribute(node, 'alpha', 0.2) - 1 / 6) < 1e-6;
      return isSixth && attribute(node, 'beta', 0.5) === 0.5;
    },
    result: (found) => hardSwish(found.value(x)),
  },
  {
    pattern: either(
      product(x, clipped, number(1 / 6)),
      scaled(mul(x, clipped), 1 / 6),
      mul(x, scaled(clipped, 1 / 6)),
    ),
    result: (found) => hardSwish(found.value(x)),
  },
]) satisfies Pass;
