// https://onnx.ai/onnx/operators/onnx__BatchNormalization.html
// Opsets: 1, 6, 7, 9, 14, 15.

import { float, int } from '../graph/attribute.ts';
import { rankAtLeast, sameDim } from './axes.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    BatchNormalization: {
      since: 1,
      inputs: [5, 5],
      outputs: [1, 3],
      attributes: { epsilon: float(1e-5), momentum: float(0.9), training_mode: int(0) },
    },
  },
  infer(context) {
    const shape = context.shape(0);
    let channels = shape === undefined ? null : (rankAtLeast(context, shape, 1)[1] ?? 1);
    for (let index = 1; index < 5; index++) {
      const given = context.shape(index);
      if (given !== undefined) channels = sameDim(context, channels, given[0] ?? null, 'channels');
    }
    const statistics = tensorOf(context.dtype(3), [channels]);
    const output =
      shape !== undefined && shape.length > 1 ? [shape[0] ?? null, channels, ...shape.slice(2)] : shape;
    return [tensorOf(context.dtype(0), output), statistics, statistics];
  },
} satisfies OpFamily;
