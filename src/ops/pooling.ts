// https://onnx.ai/onnx/operators/onnx__AveragePool.html and likewise for the others.
// Opsets: AveragePool 1, 7, 10, 11, 19, 22; LpPool 1, 2, 11, 18, 22; MaxPool 1, 8, 10, 11, 12, 22.

import { int, string } from '../graph/attribute.ts';
import { rankAtLeast } from './axes.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';
import { kernelOf, slide } from './sliding-window.ts';

export default {
  ops: {
    AveragePool: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: {
        auto_pad: string('NOTSET'),
        ceil_mode: int(0),
        count_include_pad: int(0),
        dilations: null,
        kernel_shape: null,
        pads: null,
        strides: null,
      },
      later: { bfloat16: 22 },
    },
    LpPool: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: {
        auto_pad: string('NOTSET'),
        ceil_mode: int(0),
        dilations: null,
        kernel_shape: null,
        p: int(2),
        pads: null,
        strides: null,
      },
      later: { bfloat16: 22 },
    },
    MaxPool: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 2],
      attributes: {
        auto_pad: string('NOTSET'),
        ceil_mode: int(0),
        dilations: null,
        kernel_shape: null,
        pads: null,
        storage_order: int(0),
        strides: null,
      },
      later: { bfloat16: 22 },
    },
  },
  infer(context) {
    const input = context.shape(0);
    if (input === undefined) return [tensorOf(context.dtype(0), undefined), tensorOf('int64', undefined)];
    const spatial = rankAtLeast(context, input, 3).slice(2);
    const pooled = [...input.slice(0, 2), ...slide(context, spatial, kernelOf(context, spatial.length))];
    // Only MaxPool has the second output: where each maximum was.
    return [tensorOf(context.dtype(0), pooled), tensorOf('int64', pooled)];
  },
} satisfies OpFamily;
