// https://onnx.ai/onnx/operators/onnx_aionnxml_OneHotEncoder.html
// Opsets: 1.

import { int } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  domain: 'ai.onnx.ml',
  ops: {
    OneHotEncoder: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { cats_int64s: null, cats_strings: null, zeros: int(1) },
    },
  },
  infer(context) {
    const categories = context.find('cats_strings')?.value ?? context.find('cats_int64s')?.value;
    const shape = context.shape(0);
    return [tensorOf('float32', shape && [...shape, Array.isArray(categories) ? categories.length : null])];
  },
} satisfies OpFamily;
