// https://onnx.ai/onnx/operators/onnx_aionnxml_CategoryMapper.html
// Opsets: 1.

import { int, string } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  domain: 'ai.onnx.ml',
  ops: {
    CategoryMapper: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: {
        cats_int64s: null,
        cats_strings: null,
        default_int64: int(-1),
        default_string: string('_Unused'),
      },
    },
  },
  infer: (context) => [tensorOf(context.dtype(0) === 'string' ? 'int64' : 'string', context.shape(0))],
} satisfies OpFamily;
