// https://onnx.ai/onnx/operators/onnx__Pad.html
// Opsets: 1, 2, 11, 13, 18, 19, 21, 23, 24, 25.

import { float, int, string } from '../graph/attribute.ts';
import type { Node } from '../graph/model.ts';
import { int64, scalar } from '../graph/tensor.ts';
import { add, axisIn, unknownDims } from './axes.ts';
import type { OpFamily, UpgradeContext } from './definition.ts';
import { allNumbers } from './integers.ts';
import { constantInts, dropInput, isGiven } from './restate.ts';
import { tensorOf } from './result.ts';
import { inTurn, intsToInput, scalarLike, setInput, valueName } from './rewrite.ts';

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
  downgrades: [
    { from: 19, opTypes: ['Pad'], rewrite: refuseWrap },
    { from: 18, opTypes: ['Pad'], rewrite: nameAllAxes },
    { from: 11, opTypes: ['Pad'], rewrite: inputsToAttributes },
  ],
} satisfies OpFamily;

function refuseWrap(node: Node, context: UpgradeContext): readonly Node[] | string {
  return context.read(node, 'string', 'mode', 'constant') === 'wrap' ? 'its mode is "wrap"' : [node];
}

function nameAllAxes(node: Node, context: UpgradeContext): readonly Node[] | string {
  if (!isGiven(node, 3)) {
    dropInput(node, 3);
    return [node];
  }
  const rank = context.shape(node.inputs[0] ?? '')?.length;
  const axes = constantInts(node, 3, context);
  const pads = constantInts(node, 1, context);
  if (rank === undefined || axes === undefined || pads === undefined) {
    return 'the axes it pads are known only when the model runs';
  }
  const all = new Array<number>(2 * rank).fill(0);
  for (const [index, axis] of axes.entries()) {
    const at = axis < 0 ? axis + rank : axis;
    if (!(at >= 0 && at < rank)) return `there is no axis ${axis}`;
    all[at] = pads[index] ?? 0;
    all[at + rank] = pads[index + axes.length] ?? 0;
  }
  node.inputs[1] = context.constant(valueName(node, 'pads'), int64(all));
  dropInput(node, 3);
  if (!isGiven(node, 2) && isOfMaxPool(node, context)) setInput(node, 2, nearlyNothing(node, context));
  return [node];
}

/** Whether a pool alone reads it: onnxruntime's optimizer (1.30.0) would move the zeros into it, which pads with −∞. */
function isOfMaxPool(node: Node, { graph, read, dtype }: UpgradeContext): boolean {
  const [output = ''] = node.outputs;
  if (read(node, 'string', 'mode', 'constant') !== 'constant' || dtype(output) !== 'float32') return false;
  const users = graph.nodes.filter(({ inputs }) => inputs.includes(output));
  return users.length === 1 && users[0]?.opType === 'MaxPool' && !graph.outputs.includes(output);
}

/** With the axes gone, only a number that is not zero is left alone: the smallest there is. */
function nearlyNothing(node: Node, context: UpgradeContext): string {
  return context.constant(valueName(node, 'value'), scalar(2 ** -149));
}

function inputsToAttributes(node: Node, context: UpgradeContext): readonly Node[] | string {
  const pads = constantInts(node, 1, context);
  const [value] = constantInts(node, 2, context) ?? [];
  if (pads === undefined || (isGiven(node, 2) && value === undefined)) {
    return 'how it pads is known only when the model runs';
  }
  node.attributes.set('pads', int(pads));
  if (value !== undefined) node.attributes.set('value', float(value));
  node.inputs.length = 1;
  return [node];
}

function valueToInput(node: Node, context: UpgradeContext): readonly Node[] {
  const padding = context.read(node, 'float', 'value', 0);
  node.attributes.delete('value');
  if (padding === 0) return [node];
  const { value, nodes } = scalarLike(context, node, 'value', padding, node.inputs[0] ?? '');
  setInput(node, 2, value);
  return [...nodes, node];
}
