// https://onnx.ai/onnx/operators/onnx__ScatterElements.html and likewise for the others.
// Opsets: Scatter 9, 11 (deprecated); ScatterElements 11, 13, 16, 18; ScatterND 11, 13, 16, 18; TensorScatter 24.
// The first input with some elements replaced.

import { int, string } from '../graph/attribute.ts';
import type { Node } from '../graph/model.ts';
import type { OpFamily, UpgradeContext } from './definition.ts';
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
  downgrades: [
    { from: 18, opTypes: ['ScatterElements', 'ScatterND'], rewrite: refuseExtremes },
    { from: 11, opTypes: ['ScatterElements'], rewrite: renameBack },
  ],
} satisfies OpFamily;

function refuseExtremes(node: Node, context: UpgradeContext): readonly Node[] | string {
  const reduction = context.read(node, 'string', 'reduction', 'none');
  return reduction === 'min' || reduction === 'max' ? `its reduction is "${reduction}"` : [node];
}

function renameBack(node: Node, context: UpgradeContext): readonly Node[] | string {
  if (context.read(node, 'string', 'reduction', 'none') !== 'none') return 'it has a reduction';
  node.attributes.delete('reduction');
  return [{ ...node, opType: 'Scatter' }];
}

/** Scatter was named ScatterElements when ScatterND came. */
function rename(node: Node): readonly Node[] {
  node.opType = 'ScatterElements';
  return [node];
}
