// https://onnx.ai/onnx/operators/onnx__ConstantOfShape.html
// Opsets: 9, 20, 21, 23, 24, 25.

import { listOf } from './axes.ts';
import type { OpFamily } from './definition.ts';
import { numbersIn } from './integers.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    ConstantOfShape: { since: 9, inputs: [1, 1], outputs: [1, 1], attributes: { value: null } },
  },
  infer(context) {
    const value = context.find('value');
    const tensor = value?.type === 'tensor' ? value.value : undefined;
    const shape = listOf(context, 0);
    if (shape !== undefined && shape.length < 2) {
      const length = shape.length === 0 ? 1 : shape[0];
      const first = tensor === undefined ? 0 : numbersIn(tensor)?.[0];
      if (typeof length === 'number' && length <= 64 && first !== undefined) {
        context.setIntegers(Array.from({ length }, () => first));
      }
    }
    return [tensorOf(tensor?.dtype ?? 'float32', shape)];
  },
} satisfies OpFamily;
