// https://onnx.ai/onnx/operators/onnx__NegativeLogLikelihoodLoss.html and likewise for the others.
// Opsets: NegativeLogLikelihoodLoss 12, 13, 22; SoftmaxCrossEntropyLoss 12, 13.

import { string } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    NegativeLogLikelihoodLoss: {
      since: 12,
      inputs: [2, 3],
      outputs: [1, 1],
      attributes: { ignore_index: null, reduction: string('mean') },
      later: { bfloat16: 22 },
    },
    SoftmaxCrossEntropyLoss: {
      since: 12,
      inputs: [2, 3],
      outputs: [1, 2],
      attributes: { ignore_index: null, reduction: string('mean') },
    },
  },
  infer(context) {
    const isReduced = context.text('reduction') !== 'none';
    // Only SoftmaxCrossEntropyLoss has the second output, the log-probabilities.
    return [tensorOf(context.dtype(0), isReduced ? [] : context.shape(1)), context.type(0)];
  },
} satisfies OpFamily;
