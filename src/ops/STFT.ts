// https://onnx.ai/onnx/operators/onnx__STFT.html
// Opsets: 17.

import { int } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    STFT: { since: 17, inputs: [2, 4], outputs: [1, 1], attributes: { onesided: int(1) } },
  },
  infer(context) {
    const [batch = null, samples = null] = context.shape(0) ?? [];
    const step = context.integers(1)?.[0];
    const length = context.integers(3)?.[0] ?? context.shape(2)?.[0];
    const isKnown = typeof samples === 'number' && typeof step === 'number' && typeof length === 'number';
    const frames = isKnown ? Math.floor((samples - length) / step) + 1 : null;
    const isOneSided = context.int('onesided') === 1;
    const bins = typeof length === 'number' ? (isOneSided ? Math.floor(length / 2) + 1 : length) : null;
    return [tensorOf(context.dtype(0), [batch, frames, bins, 2])];
  },
} satisfies OpFamily;
