// NonMaxSuppression gives as many rows as it keeps boxes. TFLite's operator gives as many as it may keep, the rest of
// them filled up: another output.
// https://onnx.ai/onnx/operators/onnx__NonMaxSuppression.html

import type { Rewrite } from '../rewrite/definition.ts';

export default {
  opTypes: ['NonMaxSuppression'],
  rewrite(node, build) {
    const [boxes, scores] = node.inputs;
    return build.refuse(
      `how many boxes it keeps is known only after a run; --outputs ${boxes},${scores} gives what it chooses from`,
    );
  },
} satisfies Rewrite;
