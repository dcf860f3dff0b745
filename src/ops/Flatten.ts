// https://onnx.ai/onnx/operators/onnx__Flatten.html
// Opsets: 1, 9, 11, 13, 21, 23, 24, 25.

import { int } from '../graph/attribute.ts';
import { product } from './axes.ts';
import type { OpFamily } from './definition.ts';
import { axesFromFront } from './restate.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    Flatten: { since: 1, inputs: [1, 1], outputs: [1, 1], attributes: { axis: int(1) } },
  },
  infer(context) {
    const shape = context.shape(0);
    if (shape === undefined) return [tensorOf(context.dtype(0), [null, null])];
    const axis = context.int('axis');
    if (axis < -shape.length || axis > shape.length)
      context.fail(`axis ${axis} is outside a tensor of rank ${shape.length}`);
    const at = axis < 0 ? axis + shape.length : axis;
    return [tensorOf(context.dtype(0), [product(shape.slice(0, at)), product(shape.slice(at))])];
  },
  downgrades: [{ from: 11, opTypes: ['Flatten'], rewrite: axesFromFront }],
} satisfies OpFamily;
