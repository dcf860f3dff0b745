// https://onnx.ai/onnx/operators/onnx__Pad.html
// Opsets: 1, 2, 11, 13, 18, 19, 21, 23, 24, 25.

import { string } from '../graph/attribute.ts';
import type { Node } from '../graph/model.ts';
import { add, axisIn, unknownDims } from './axes.ts';
import type { OpFamily, UpgradeContext } from './definition.ts';
import { allNumbers } from './integers.ts';
import { tensorOf } from './result.ts';
import { inTurn, intsToInput, scalarLike, setInput } from './rewrite.ts';

export default {
  ops: {
    Pad: { since: 1, inputs: [2, 4], outputs: [1, 1], attributes: { mode: string('constant') } },
  },
  infer(context) {
    const shape = context.shape(0);
    if (shape === undefined) return [tensorOf(context.dtype(0), undefined)];
    const hasAxes = (context.node.inputs[3] ?? '') !== '';
    const axes = hasAxes ? allNumbers(context.integers(3)) : shape.map((_, axis) => axis);
    const pads = context.integers(1);
    if (axes === undefined || pads === undefined)
      return [tensorOf(context.dtype(0), unknownDims(shape.length))];
    if (pads.length !== 2 * axes.length) context.fail(`${pads.length} pads for ${axes.length} axes`);
    const padded = [...shape];
    for (const [index, axis] of axes.entries()) {
      const at = axisIn(context, axis, shape.length);
      const growth = add(pads[index] ?? null, pads[index + axes.length] ?? null);
      padded[at] = add(padded[at] ?? null, growth);
    }
    return [tensorOf(context.dtype(0), padded)];
  },
  upgrades: [{ to: 11, opTypes: ['Pad'], rewrite: inTurn(intsToInput('pads', 1), valueToInput) }],
} satisfies OpFamily;

function valueToInput(node: Node, context: UpgradeContext): readonly Node[] {
  const padding = context.read(node, 'float', 'value', 0);
  node.attributes.delete('value');
  if (padding === 0) return [node];
  const { value, nodes } = scalarLike(context, node, 'value', padding, node.inputs[0] ?? '');
  setInput(node, 2, value);
  return [...nodes, node];
}
