// https://onnx.ai/onnx/operators/onnx__Compress.html
// Opsets: 9, 11.

import type { Shape } from '../graph/model.ts';
import { axisIn, withDim } from './axes.ts';
import type { InferContext, OpFamily } from './definition.ts';
import { allNumbers } from './integers.ts';
import { axesFromFront } from './restate.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    Compress: { since: 9, inputs: [2, 2], outputs: [1, 1], attributes: { axis: null } },
  },
  infer: (context) => [tensorOf(context.dtype(0), compressed(context))],
  downgrades: [{ from: 11, opTypes: ['Compress'], rewrite: axesFromFront }],
} satisfies OpFamily;

function compressed(context: InferContext): Shape | undefined {
  const kept = allNumbers(context.integers(1))?.reduce((count, isKept) => count + isKept, 0);
  const axis = context.find('axis')?.value;
  const shape = context.shape(0);
  const count = kept ?? context.symbol('count');
  if (typeof axis !== 'number') return [count];
  return shape && withDim(shape, axisIn(context, axis, shape.length), count);
}
