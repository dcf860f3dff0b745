// Operators that treat every element alike: any order of axes will do, as long as all operands share it.
// https://github.com/onnx/onnx/blob/main/docs/Broadcasting.md

import type { Node } from '../../graph/model.ts';
import { elementCount } from '../../graph/tensor.ts';
import type { Rewriter } from '../uses.ts';
import { isIdentity, type Layout, lengthOf, same } from './layout.ts';
import { type Mover, type Operand, operandName, type Plan } from './mover.ts';

const onOneInput = [
  'Abs Acos Acosh Asin Asinh Atan Atanh BitwiseNot Cast CastLike Ceil Celu Clip Cos Cosh Dropout Elu Erf Exp Floor',
  'Gelu HardSigmoid HardSwish Identity IsInf IsNaN LeakyRelu Log Mish Neg Not Reciprocal Relu Round Selu Shrink',
  'Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Swish Tan Tanh ThresholdedRelu',
].flatMap((line) => line.split(' '));

const onBroadcastInputs = [
  'Add And BitShift BitwiseAnd BitwiseOr BitwiseXor Div Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min',
  'Mod Mul Or PRelu Pow Sub Sum Where Xor',
].flatMap((line) => line.split(' '));

export const elementwise: Readonly<Record<string, Mover>> = {
  ...Object.fromEntries(onOneInput.map((opType) => [opType, moveOne])),
  ...Object.fromEntries(onBroadcastInputs.map((opType) => [opType, moveAll])),
};

/** Input 0 and all outputs share the layout; further inputs (limits, ratio) are scalars. */
function moveOne(node: Node, { side, index }: Operand, layout: Layout): Plan | undefined {
  if (side === 'input' && index !== 0) return undefined;
  return {
    inputs: node.inputs.map((_, input) => (input === 0 ? layout : same)),
    outputs: node.outputs.map(() => layout),
  };
}

function moveAll(node: Node, operand: Operand, layout: Layout, rewriter: Rewriter): Plan | undefined {
  const rank = rewriter.shape(node.outputs[0])?.length;
  if (rank === undefined) return undefined;
  const from = rewriter.shape(operandName(node, operand))?.length;
  const wide = from === undefined ? undefined : widen(layout, rank - from);
  if (wide === undefined || wide.kind === 'same') return undefined;
  const inputs: Layout[] = [];
  for (const input of node.inputs) {
    const found = operandLayout(input, wide, rank, rewriter);
    if (found === undefined) return undefined;
    inputs.push(found);
  }
  // Reached through an operand that is spread over the others: the layouts have to agree about it.
  if (operand.side === 'input' && inputs[operand.index]?.kind !== layout.kind) return undefined;
  return { inputs, outputs: [wide] };
}

/** The layout of the result when an operand with `extra` axes fewer has this one: axes in front stay where they are. */
function widen(layout: Layout, extra: number): Layout | undefined {
  if (extra < 0) return undefined;
  if (layout.kind === 'order') return { ...layout, axis: layout.axis + extra };
  if (layout.kind === 'same') return undefined;
  const front = Array.from({ length: extra }, (_, axis) => axis);
  return { kind: 'perm', perm: [...front, ...layout.perm.map((axis) => axis + extra)] };
}

/** The layout an operand needs so that it still broadcasts against a result held in `wide`. */
function operandLayout(value: string, wide: Layout, rank: number, rewriter: Rewriter): Layout | undefined {
  const constant = rewriter.constant(value);
  if (constant && elementCount(constant.dims) === 1) return same;
  const shape = constant?.dims ?? rewriter.shape(value);
  if (!shape) return undefined;
  if (shape.every((dim) => dim === 1) && shape.length === 0) return same;
  if (wide.kind === 'order') {
    const axis = wide.axis - (rank - shape.length);
    if (axis < 0 || shape[axis] === 1) return same;
    return shape[axis] === lengthOf(wide.parts) ? { ...wide, axis } : undefined;
  }
  if (wide.kind === 'same') return undefined;
  // Constants are brought to full rank first, so they can follow any permutation.
  if (constant || shape.length === rank) return wide;
  const extra = rank - shape.length;
  const isFrontKept = wide.perm.slice(0, extra).every((axis, index) => axis === index);
  if (!isFrontKept) return undefined;
  const rest = wide.perm.slice(extra).map((axis) => axis - extra);
  return isIdentity(rest) ? same : { kind: 'perm', perm: rest };
}
