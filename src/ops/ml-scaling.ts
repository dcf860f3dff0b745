// https://onnx.ai/onnx/operators/onnx_aionnxml_Normalizer.html and likewise for the others.
// Opsets: Normalizer 1; Scaler 1.
// Numbers in, float32 of the same shape out.

import { string } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  domain: 'ai.onnx.ml',
  ops: {
    Normalizer: { since: 1, inputs: [1, 1], outputs: [1, 1], attributes: { norm: string('MAX') } },
    Scaler: { since: 1, inputs: [1, 1], outputs: [1, 1], attributes: { offset: null, scale: null } },
  },
  infer: (context) => [tensorOf('float32', context.shape(0))],
} satisfies OpFamily;
