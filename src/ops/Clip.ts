// https://onnx.ai/onnx/operators/onnx__Clip.html
// Opsets: 1, 6, 11, 12, 13.

import type { Node } from '../graph/model.ts';
import type { OpFamily, UpgradeContext } from './definition.ts';
import { likeInput } from './result.ts';
import { scalarLike, setInput } from './rewrite.ts';

export default {
  ops: {
    Clip: { since: 1, inputs: [1, 3], outputs: [1, 1] },
  },
  infer: likeInput,
  upgrades: [{ to: 11, opTypes: ['Clip'], rewrite: limitsToInputs }],
} satisfies OpFamily;

/** Limits that were left out are the largest float32 numbers, which limit nothing. */
function limitsToInputs(node: Node, context: UpgradeContext): readonly Node[] {
  const made: Node[] = [];
  for (const [index, name] of ['min', 'max'].entries()) {
    const limit = node.attributes.get(name);
    node.attributes.delete(name);
    if (limit?.type !== 'float') continue;
    const { value, nodes } = scalarLike(context, node, name, limit.value, node.inputs[0] ?? '');
    setInput(node, index + 1, value);
    made.push(...nodes);
  }
  return [...made, node];
}
