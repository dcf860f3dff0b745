// https://onnx.ai/onnx/operators/onnx_aionnxml_Binarizer.html and likewise for the others.
// Opsets: Binarizer 1; Imputer 1.
// Element by element, the type kept.

import { float, int } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { likeInput } from './result.ts';

export default {
  domain: 'ai.onnx.ml',
  ops: {
    Binarizer: { since: 1, inputs: [1, 1], outputs: [1, 1], attributes: { threshold: float(0) } },
    Imputer: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: {
        imputed_value_floats: null,
        imputed_value_int64s: null,
        replaced_value_float: float(0),
        replaced_value_int64: int(0),
      },
    },
  },
  infer: likeInput,
} satisfies OpFamily;
