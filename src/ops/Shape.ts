// https://onnx.ai/onnx/operators/onnx__Shape.html
// Opsets: 1, 13, 15, 19, 21, 23, 24, 25.

import { int } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    Shape: { since: 1, inputs: [1, 1], outputs: [1, 1], attributes: { end: null, start: int(0) } },
  },
  infer(context) {
    const shape = context.shape(0);
    if (shape === undefined) return [tensorOf('int64', [null])];
    const end = context.find('end')?.value;
    const part = shape.slice(context.int('start'), typeof end === 'number' ? end : undefined);
    context.setIntegers(part);
    return [tensorOf('int64', [part.length])];
  },
} satisfies OpFamily;
