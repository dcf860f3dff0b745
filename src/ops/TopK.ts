// https://onnx.ai/onnx/operators/onnx__TopK.html
// Opsets: 1, 10, 11, 24.

import { int } from '../graph/attribute.ts';
import { isFloat } from '../graph/dtype.ts';
import type { Node } from '../graph/model.ts';
import { int64 } from '../graph/tensor.ts';
import { axisIn, withDim } from './axes.ts';
import type { OpFamily, UpgradeContext } from './definition.ts';
import { axesFromFront, constantInts } from './restate.ts';
import { tensorOf } from './result.ts';
import { outputOf, part, setInput, valueName } from './rewrite.ts';

export default {
  ops: {
    TopK: {
      since: 1,
      inputs: [2, 2],
      outputs: [2, 2],
      attributes: { axis: int(-1), largest: int(1), sorted: int(1) },
      later: { bfloat16: 24 },
    },
  },
  infer(context) {
    const shape = context.shape(0);
    const best =
      shape === undefined
        ? undefined
        : withDim(
            shape,
            axisIn(context, context.int('axis'), shape.length),
            context.integers(1)?.[0] ?? null,
          );
    return [tensorOf(context.dtype(0), best), tensorOf('int64', best)];
  },
  upgrades: [{ to: 10, opTypes: ['TopK'], rewrite: countToInput }],
  downgrades: [
    { from: 11, opTypes: ['TopK'], rewrite: largestOfNegative },
    { from: 10, opTypes: ['TopK'], rewrite: countToAttribute },
  ],
} satisfies OpFamily;

/** The smallest are what is largest with the other sign. */
function largestOfNegative(node: Node, context: UpgradeContext): readonly Node[] | string {
  const [x = ''] = node.inputs;
  const counted = axesFromFront(node, context);
  if (context.read(node, 'int', 'largest', 1) !== 0 || typeof counted === 'string') return counted;
  if (!isFloat(context.dtype(x) ?? 'bool')) return 'it looks for the smallest integers';
  node.attributes.delete('largest');
  const turned = part(context, node, 'Neg', [x]);
  const values = context.fresh(`${outputOf(node)}/negative`);
  const back = part(context, node, 'Neg', [values], { outputs: [outputOf(node)] });
  node.inputs[0] = outputOf(turned);
  node.outputs[0] = values;
  return [turned, node, back];
}

function countToAttribute(node: Node, context: UpgradeContext): readonly Node[] | string {
  const [k] = constantInts(node, 1, context) ?? [];
  if (k === undefined) return 'how many it takes is known only when the model runs';
  node.attributes.set('k', int(k));
  node.inputs.length = 1;
  return [node];
}

function countToInput(node: Node, context: UpgradeContext): readonly Node[] {
  setInput(node, 1, context.constant(valueName(node, 'k'), int64([context.read(node, 'int', 'k', 1)])));
  node.attributes.delete('k');
  return [node];
}
