// https://onnx.ai/onnx/operators/onnx__GRU.html and likewise for the others.
// Opsets: GRU 1, 3, 7, 14, 22; LSTM 1, 7, 14, 22; RNN 1, 7, 14, 22.

import { int, string } from '../graph/attribute.ts';
import type { Dim } from '../graph/model.ts';
import type { InferContext, OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    GRU: {
      since: 1,
      inputs: [3, 6],
      outputs: [0, 2],
      attributes: {
        activation_alpha: null,
        activation_beta: null,
        activations: null,
        clip: null,
        direction: string('forward'),
        hidden_size: null,
        layout: int(0),
        linear_before_reset: int(0),
      },
      later: { bfloat16: 22 },
    },
    LSTM: {
      since: 1,
      inputs: [3, 8],
      outputs: [0, 3],
      attributes: {
        activation_alpha: null,
        activation_beta: null,
        activations: null,
        clip: null,
        direction: string('forward'),
        hidden_size: null,
        input_forget: int(0),
        layout: int(0),
      },
      later: { bfloat16: 22 },
    },
    RNN: {
      since: 1,
      inputs: [3, 6],
      outputs: [0, 2],
      attributes: {
        activation_alpha: null,
        activation_beta: null,
        activations: string(['Tanh', 'Tanh']),
        clip: null,
        direction: string('forward'),
        hidden_size: null,
        layout: int(0),
      },
      later: { bfloat16: 22 },
    },
  },
  infer(context) {
    const [first = null, second = null] = context.shape(0) ?? [];
    const directions = context.text('direction') === 'bidirectional' ? 2 : 1;
    const hidden = hiddenSize(context);
    const dtype = context.dtype(0);
    // Layout 0 is [sequence, batch, features], layout 1 has batch first.
    const isBatchFirst = context.int('layout') === 1;
    const sequence = isBatchFirst ? [first, second, directions, hidden] : [first, directions, second, hidden];
    const last = tensorOf(dtype, isBatchFirst ? [first, directions, hidden] : [directions, second, hidden]);
    // Only LSTM has the third output, its last cell state.
    return [tensorOf(dtype, sequence), last, last];
  },
} satisfies OpFamily;

function hiddenSize(context: InferContext): Dim {
  const stated = context.find('hidden_size')?.value;
  return typeof stated === 'number' ? stated : (context.shape(2)?.[2] ?? null);
}
