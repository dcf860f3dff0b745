// https://onnx.ai/onnx/operators/onnx_aionnxml_ArrayFeatureExtractor.html
// Opsets: 1.

import { product } from './axes.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  domain: 'ai.onnx.ml',
  ops: {
    ArrayFeatureExtractor: { since: 1, inputs: [2, 2], outputs: [1, 1] },
  },
  infer(context) {
    const shape = context.shape(0);
    const indices = context.shape(1);
    if (shape === undefined || indices === undefined) return [tensorOf(context.dtype(0), undefined)];
    const rows = shape.length === 1 ? [1] : shape.slice(0, -1);
    return [tensorOf(context.dtype(0), [...rows, product(indices)])];
  },
} satisfies OpFamily;
