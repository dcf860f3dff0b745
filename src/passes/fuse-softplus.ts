// Given:   Log(Exp(x) + 1)          Result:  Softplus(x)
//
// The same function; where Exp would overflow, Softplus still gives its value.
// https://onnx.ai/onnx/operators/onnx__Softplus.html

import type { Pass } from './definition.ts';
import { add, any, number, op } from './match/pattern.ts';
import { replacing } from './match/rewrite.ts';

const x = any();

export default replacing('fuse-softplus', [
  {
    pattern: op('Log', add(op('Exp', x), number(1))),
    result: (found) => ({ opType: 'Softplus', inputs: [found.value(x)] }),
  },
]) satisfies Pass;
