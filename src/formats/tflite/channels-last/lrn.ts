// LRN → LOCAL_RESPONSE_NORMALIZATION between Transposes; ONNX divides alpha by the window's size, TFLite does not.
// https://onnx.ai/onnx/operators/onnx__LRN.html

import { float } from '../../../graph/attribute.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import { toFirst, toLast } from './window.ts';

export default {
  opTypes: ['LRN'],
  rewrite(node, build) {
    const [x = ''] = node.inputs;
    const size = build.attribute('size', 1);
    if (build.shape(x).length !== 4) return build.refuse('TFLite normalizes across channels of images only');
    if (size % 2 === 0) return build.refuse('TFLite normalizes across odd windows only');
    const last = build.transpose(x, toLast(4));
    const made = build.tflite(
      'LOCAL_RESPONSE_NORMALIZATION',
      [last],
      { radius: (size - 1) / 2 },
      build.permuted(node.outputs[0] ?? '', toLast(4)),
    );
    const { attributes } = build.rewriter.producer(made) ?? node;
    attributes.set('bias', float(build.attribute('bias', 1)));
    attributes.set('alpha', float(build.attribute('alpha', 0.0001) / size));
    attributes.set('beta', float(build.attribute('beta', 0.75)));
    return [build.transpose(made, toFirst(4))];
  },
} satisfies Rewrite;
