// https://onnx.ai/onnx/operators/onnx_aionnxpreviewtraining_Adam.html and likewise for the others.
// Opsets of ai.onnx.preview.training: 1.

import { float } from '../graph/attribute.ts';
import type { OpFamily, OpSignature } from './definition.ts';

const optimizer = (attributes: OpSignature['attributes']): OpSignature => ({
  since: 1,
  inputs: [3, Infinity],
  outputs: [1, Infinity],
  ...(attributes && { attributes }),
});

/** How many tensors each parameter has on the output side: itself, then its running averages. */
const outputsPerParameter: Readonly<Record<string, number>> = { Adagrad: 2, Adam: 3, Momentum: 2 };

export default {
  domain: 'ai.onnx.preview.training',
  ops: {
    Adagrad: optimizer({ decay_factor: float(0), epsilon: float(1e-6), norm_coefficient: float(0) }),
    Adam: optimizer({
      alpha: float(0.9),
      beta: float(0.999),
      epsilon: float(1e-6),
      norm_coefficient: float(0),
      norm_coefficient_post: float(0),
    }),
    Momentum: optimizer({ alpha: null, beta: null, mode: null, norm_coefficient: null }),
  },
  infer(context) {
    const { opType, outputs } = context.node;
    const parameters = outputs.length / (outputsPerParameter[opType] ?? 1);
    // Inputs are the rate, the step, then parameters, gradients and averages; outputs have no gradients.
    return outputs.map((_, index) => context.type(2 + (index < parameters ? index : index + parameters)));
  },
} satisfies OpFamily;
