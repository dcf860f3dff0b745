// Given:   Clip(x + 3, 0, 6) ÷ 6          Result:  HardSigmoid(x, alpha = 1/6, beta = ½)
//
// ÷ 6 may be × 1/6; the Clip may be Min(Relu(x + 3), 6).
// https://onnx.ai/onnx/operators/onnx__HardSigmoid.html

import { float } from '../graph/attribute.ts';
import type { Pass } from './definition.ts';
import { add, any, either, number, op, scaled } from './match/pattern.ts';
import { replacing } from './match/rewrite.ts';

const x = any();
const shifted = add(x, number(3));
const clipped = either(op('Clip', shifted, number(0), number(6)), op('Min', op('Relu', shifted), number(6)));

export default replacing('fuse-hard-sigmoid', [
  {
    pattern: scaled(clipped, 1 / 6),
    result: (found) => ({
      opType: 'HardSigmoid',
      inputs: [found.value(x)],
      attributes: { alpha: float(1 / 6), beta: float(0.5) },
    }),
  },
]) satisfies Pass;
