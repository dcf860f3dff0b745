// https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
// Opsets of com.microsoft: 1.

import { float } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { likeInput } from './result.ts';

export default {
  domain: 'com.microsoft',
  ops: {
    BiasGelu: { since: 1, inputs: [2, 2], outputs: [1, 1] },
    FastGelu: { since: 1, inputs: [1, 2], outputs: [1, 1] },
    Gelu: { since: 1, inputs: [1, 1], outputs: [1, 1] },
    Inverse: { since: 1, inputs: [1, 1], outputs: [1, 1] },
    QuickGelu: { since: 1, inputs: [1, 1], outputs: [1, 1], attributes: { alpha: float(1.702) } },
  },
  infer: likeInput,
} satisfies OpFamily;
