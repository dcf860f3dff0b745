// https://onnx.ai/onnx/operators/onnx__ConcatFromSequence.html
// Opsets: 11.

import { int } from '../graph/attribute.ts';
import { axisIn, withDim } from './axes.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    ConcatFromSequence: {
      since: 11,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { axis: null, new_axis: int(0) },
    },
  },
  infer(context) {
    const type = context.type(0);
    const element = type?.kind === 'sequence' && type.element.kind === 'tensor' ? type.element : undefined;
    if (element?.shape === undefined) return [tensorOf(element?.dtype, undefined)];
    const { dtype, shape } = element;
    const isNew = context.int('new_axis') !== 0;
    const at = axisIn(context, context.int('axis'), isNew ? shape.length + 1 : shape.length);
    if (!isNew) return [tensorOf(dtype, withDim(shape, at, null))];
    return [tensorOf(dtype, [...shape.slice(0, at), null, ...shape.slice(at)])];
  },
} satisfies OpFamily;
