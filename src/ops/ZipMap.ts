// https://onnx.ai/onnx/operators/onnx_aionnxml_ZipMap.html
// Opsets: 1.

import { tensorType } from '../graph/model.ts';
import type { OpFamily } from './definition.ts';

export default {
  domain: 'ai.onnx.ml',
  ops: {
    ZipMap: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { classlabels_int64s: null, classlabels_strings: null },
    },
  },
  // One map for each row, from class label to score.
  infer(context) {
    const key = context.node.attributes.has('classlabels_strings') ? 'string' : 'int64';
    return [{ kind: 'sequence', element: { kind: 'map', key, element: tensorType('float32', []) } }];
  },
} satisfies OpFamily;
