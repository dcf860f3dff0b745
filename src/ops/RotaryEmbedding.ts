// https://onnx.ai/onnx/operators/onnx__RotaryEmbedding.html
// Opsets: 23.

import { int } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { likeInput } from './result.ts';

export default {
  ops: {
    RotaryEmbedding: {
      since: 23,
      inputs: [3, 4],
      outputs: [1, 1],
      attributes: { interleaved: int(0), num_heads: null, rotary_embedding_dim: int(0) },
    },
  },
  infer: likeInput,
} satisfies OpFamily;
