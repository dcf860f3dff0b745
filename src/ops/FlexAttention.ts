// https://onnx.ai/onnx/operators/onnx_aionnxpreview_FlexAttention.html
// Opsets of ai.onnx.preview: 1.

import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  domain: 'ai.onnx.preview',
  ops: {
    FlexAttention: {
      since: 1,
      inputs: [3, 3],
      outputs: [1, 1],
      attributes: { prob_mod: null, scale: null, score_mod: null, softmax_precision: null },
    },
  },
  infer(context) {
    // Queries are [batch, heads, length, size]; values bring the size of the result.
    const query = context.shape(0);
    const size = context.shape(2)?.[3] ?? null;
    return [tensorOf(context.dtype(0), query && [...query.slice(0, 3), size])];
  },
} satisfies OpFamily;
