// https://onnx.ai/onnx/operators/onnx_aionnxml_FeatureVectorizer.html
// Opsets: 1.

import { sum } from './axes.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  domain: 'ai.onnx.ml',
  ops: {
    FeatureVectorizer: {
      since: 1,
      inputs: [1, Infinity],
      outputs: [1, 1],
      attributes: { inputdimensions: null },
    },
  },
  infer(context) {
    const shapes = context.node.inputs.map((_, index) => context.shape(index));
    const stated = context.ints('inputdimensions');
    const columns = shapes.map(
      (shape, index) => stated?.[index] ?? (shape?.length === 2 ? (shape[1] ?? null) : null),
    );
    return [tensorOf('float32', [shapes[0]?.[0] ?? null, sum(columns)])];
  },
} satisfies OpFamily;
