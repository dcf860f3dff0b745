// https://onnx.ai/onnx/operators/onnx__ImageDecoder.html
// Opsets: 20.

import { string } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    ImageDecoder: { since: 20, inputs: [1, 1], outputs: [1, 1], attributes: { pixel_format: string('RGB') } },
  },
  infer(context) {
    const channels = context.text('pixel_format') === 'Grayscale' ? 1 : 3;
    return [tensorOf('uint8', [context.symbol('height'), context.symbol('width'), channels])];
  },
} satisfies OpFamily;
