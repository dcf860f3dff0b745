// https://onnx.ai/onnx/operators/onnx__ArgMax.html and likewise for the others.
// Opsets: ArgMax 1, 11, 12, 13; ArgMin 1, 11, 12, 13.

import { int } from '../graph/attribute.ts';
import { axisIn } from './axes.ts';
import type { OpFamily } from './definition.ts';
import { axesFromFront } from './restate.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    ArgMax: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { axis: int(0), keepdims: int(1), select_last_index: int(0) },
    },
    ArgMin: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { axis: int(0), keepdims: int(1), select_last_index: int(0) },
    },
  },
  infer(context) {
    const shape = context.shape(0);
    if (shape === undefined) return [tensorOf('int64', undefined)];
    const at = axisIn(context, context.int('axis'), shape.length);
    const keeps = context.int('keepdims') !== 0;
    const reduced = keeps
      ? shape.map((dim, axis) => (axis === at ? 1 : dim))
      : shape.filter((_, axis) => axis !== at);
    return [tensorOf('int64', reduced)];
  },
  downgrades: [{ from: 11, opTypes: ['ArgMax', 'ArgMin'], rewrite: axesFromFront }],
} satisfies OpFamily;
