// https://onnx.ai/onnx/operators/onnx__Clip.html
// Opsets: 1, 6, 11, 12, 13.

import { float } from '../graph/attribute.ts';
import type { Node } from '../graph/model.ts';
import type { OpFamily, UpgradeContext } from './definition.ts';
import { constantInts } from './restate.ts';
import { likeInput } from './result.ts';
import { outputOf, part, scalarLike, setInput } from './rewrite.ts';

export default {
  ops: {
    Clip: { since: 1, inputs: [1, 3], outputs: [1, 1] },
  },
  infer: likeInput,
  upgrades: [{ to: 11, opTypes: ['Clip'], rewrite: limitsToInputs }],
  downgrades: [{ from: 11, opTypes: ['Clip'], rewrite: limitsToAttributes }],
} satisfies OpFamily;

/** Limits that are computed are applied by Max and Min. */
function limitsToAttributes(node: Node, context: UpgradeContext): readonly Node[] {
  const [x = '', least = '', most = ''] = node.inputs;
  const [min] = constantInts(node, 1, context) ?? [];
  const [max] = constantInts(node, 2, context) ?? [];
  if ((least === '' || min !== undefined) && (most === '' || max !== undefined)) {
    if (min !== undefined) node.attributes.set('min', float(min));
    if (max !== undefined) node.attributes.set('max', float(max));
    node.inputs.length = 1;
    return [node];
  }
  const raised = least === '' ? [] : [part(context, node, 'Max', [x, least])];
  const last = raised.at(-1);
  const from = last === undefined ? x : outputOf(last);
  if (most !== '') return [...raised, part(context, node, 'Min', [from, most], { outputs: node.outputs })];
  return [part(context, node, 'Max', [x, least], { outputs: node.outputs })];
}

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
