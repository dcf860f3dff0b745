// https://onnx.ai/onnx/operators/onnx__Mod.html
// Opsets: 10, 13.

import { int } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { combineIntegers, numbers } from './integers.ts';
import { broadcastAll } from './result.ts';

export default {
  ops: {
    Mod: { since: 10, inputs: [2, 2], outputs: [1, 1], attributes: { fmod: int(0) } },
  },
  infer(context) {
    // fmod takes the sign of the dividend, the integer operator that of the divisor.
    const isFmod = context.int('fmod') === 1;
    combineIntegers(
      context,
      numbers(context, (a, b) => (isFmod ? a % b : a - Math.floor(a / b) * b)),
    );
    return broadcastAll(context);
  },
} satisfies OpFamily;
