// Given:   x × Tanh(Softplus(x))          Result:  Mish(x)
//
// https://onnx.ai/onnx/operators/onnx__Mish.html (opset 18)

import type { Pass } from './definition.ts';
import { any, mul, op } from './match/pattern.ts';
import { replacing } from './match/rewrite.ts';

const x = any();

export default replacing('fuse-mish', [
  {
    pattern: mul(x, op('Tanh', op('Softplus', x))),
    result: (found) => ({ opType: 'Mish', inputs: [found.value(x)] }),
  },
]) satisfies Pass;
