// https://onnx.ai/onnx/operators/onnx__TfIdfVectorizer.html
// Opsets: 9.

import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    TfIdfVectorizer: {
      since: 9,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: {
        max_gram_length: null,
        max_skip_count: null,
        min_gram_length: null,
        mode: null,
        ngram_counts: null,
        ngram_indexes: null,
        pool_int64s: null,
        pool_strings: null,
        weights: null,
      },
    },
  },
  infer(context) {
    const shape = context.shape(0);
    const columns = (context.ints('ngram_indexes') ?? []).reduce((a, b) => Math.max(a, b), 0) + 1;
    return [tensorOf('float32', shape && [...shape.slice(0, -1), columns])];
  },
} satisfies OpFamily;
