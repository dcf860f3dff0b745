// https://onnx.ai/onnx/operators/onnx__GroupNormalization.html and likewise for the others.
// Opsets: GroupNormalization 18, 21; InstanceNormalization 1, 6, 22; LRN 1, 13; LpNormalization 1, 22;
// MeanVarianceNormalization 9, 13.
// The input is rescaled; its shape stays.

import { float, int } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { likeInput } from './result.ts';

export default {
  ops: {
    GroupNormalization: {
      since: 18,
      inputs: [3, 3],
      outputs: [1, 1],
      attributes: { epsilon: float(1e-5), num_groups: null, stash_type: int(1) },
    },
    InstanceNormalization: {
      since: 1,
      inputs: [3, 3],
      outputs: [1, 1],
      attributes: { epsilon: float(1e-5) },
      later: { bfloat16: 22 },
    },
    LRN: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { alpha: float(0.0001), beta: float(0.75), bias: float(1), size: null },
    },
    LpNormalization: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { axis: int(-1), p: int(2) },
      later: { bfloat16: 22 },
    },
    MeanVarianceNormalization: {
      since: 9,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { axes: int([0, 2, 3]) },
    },
  },
  infer: likeInput,
} satisfies OpFamily;
