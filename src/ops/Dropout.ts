// https://onnx.ai/onnx/operators/onnx__Dropout.html
// Opsets: 1, 6, 7, 10, 12, 13, 22.

import { int } from '../graph/attribute.ts';
import type { Node } from '../graph/model.ts';
import type { OpFamily, UpgradeContext } from './definition.ts';
import { elementType } from './element-type.ts';
import { tensorOf } from './result.ts';
import { part } from './rewrite.ts';

export default {
  ops: {
    Dropout: { since: 1, inputs: [1, 3], outputs: [1, 2], attributes: { seed: null } },
  },
  infer: (context) => [context.type(0), tensorOf('bool', context.shape(0))],
  upgrades: [
    { to: 10, opTypes: ['Dropout'], rewrite: castMask },
    { to: 12, opTypes: ['Dropout'], rewrite: dropRatio },
  ],
  downgrades: [{ from: 12, opTypes: ['Dropout'], rewrite: leaveTrainingOut }],
} satisfies OpFamily;

/** Up to 11 a model that is only run drops nothing, whatever the ratio. */
function leaveTrainingOut(node: Node, context: UpgradeContext): readonly Node[] | string {
  const training = node.inputs[2] ?? '';
  if ((node.outputs[1] ?? '') !== '') return 'its mask says nothing where nothing is dropped';
  if (training !== '' && context.tensor(training)?.data[0] !== 0) return 'it may drop as in training';
  node.inputs.length = 1;
  node.attributes.delete('seed');
  return [node];
}

/** The mask was of the data's element type before it became a truth value. */
function castMask(node: Node, context: UpgradeContext): readonly Node[] {
  const mask = node.outputs[1] ?? '';
  if (mask === '') return [node];
  const to = int(elementType(context.dtype(node.inputs[0] ?? '') ?? 'float32'));
  const truth = context.fresh(mask);
  node.outputs[1] = truth;
  return [node, part(context, node, 'Cast', [truth], { attributes: { to }, outputs: [mask] })];
}

/** The ratio counts in training only, and training has to be asked for by the third input. */
function dropRatio(node: Node): readonly Node[] {
  node.attributes.delete('ratio');
  return [node];
}
