// https://onnx.ai/onnx/operators/onnx__StringNormalizer.html
// Opsets: 10.

import { int, string } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    StringNormalizer: {
      since: 10,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: {
        case_change_action: string('NONE'),
        is_case_sensitive: int(0),
        locale: null,
        stopwords: null,
      },
    },
  },
  infer(context) {
    const stopwords = context.find('stopwords')?.value;
    const drops = Array.isArray(stopwords) && stopwords.length > 0;
    const shape = context.shape(0);
    // The input is [C] or [1, C]; stopwords are left out of C.
    return [tensorOf('string', drops ? shape && [...shape.slice(0, -1), context.symbol('count')] : shape)];
  },
} satisfies OpFamily;
