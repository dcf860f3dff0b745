// https://onnx.ai/onnx/operators/onnx__ScatterElements.html and likewise for the others.
// Opsets: Scatter 9, 11 (deprecated); ScatterElements 11, 13, 16, 18; ScatterND 11, 13, 16, 18; TensorScatter 24.
// The first input with some elements replaced.

import { int, string } from '../graph/attribute.ts';
import type { Node } from '../graph/model.ts';
import type { OpFamily } from './definition.ts';
import { likeInput } from './result.ts';

export default {
  ops: {
    Scatter: { since: 9, inputs: [3, 3], outputs: [1, 1], attributes: { axis: int(0) } },
    ScatterElements: {
      since: 11,
      inputs: [3, 3],
      outputs: [1, 1],
      attributes: { axis: int(0), reduction: string('none') },
    },
    ScatterND: { since: 11, inputs: [3, 3], outputs: [1, 1], attributes: { reduction: string('none') } },
    TensorScatter: {
      since: 24,
      inputs: [2, 3],
      outputs: [1, 1],
      attributes: { axis: int(-2), mode: string('linear') },
    },
  },
  infer: likeInput,
  upgrades: [{ to: 11, opTypes: ['Scatter'], rewrite: rename }],
} satisfies OpFamily;

/** Scatter was named ScatterElements when ScatterND came. */
function rename(node: Node): readonly Node[] {
  node.opType = 'ScatterElements';
  return [node];
}
