// MatMul and Gemm by a constant.
//
//   1. They take a rearranged last axis by rearranging the constant's rows, and give one by rearranging its columns. This
//      is how a Transpose in front of a Flatten and a Dense layer disappears.
//   2. A MatMul that mixes the channels of a channels-last value is a Conv of kernel size one on the channels-first value.

import { attribute, int } from '../../graph/attribute.ts';
import type { Node } from '../../graph/model.ts';
import { isMovable, permute, reshape, take } from '../../graph/rearrange.ts';
import type { Tensor } from '../../graph/tensor.ts';
import type { Rewriter } from '../uses.ts';
import { type Layout, lengthOf, orderOf, type Part, same } from './layout.ts';
import type { Mover, Operand, Plan } from './mover.ts';

export const matrix: Readonly<Record<string, Mover>> = { MatMul: move, Gemm: move };

function move(node: Node, operand: Operand, layout: Layout, rewriter: Rewriter): Plan | undefined {
  if (layout.kind === 'same' || operand.index !== 0 || !node.inputs[1]) return undefined;
  const weights = rewriter.constant(node.inputs[1]);
  const rank = rewriter.shape(node.inputs[0])?.length;
  if (rank === undefined || rank < 2 || weights?.dims.length !== 2 || !isMovable(weights)) return undefined;
  // Rearranged copies of weights that others still need would only make the file larger.
  if (rewriter.useCount(node.inputs[1]) !== 1) return undefined;
  if (layout.kind === 'perm') return asConv(node, weights, layout, rank);
  if (attribute(node, 'transA', 0) !== 0) return undefined;
  const isTransposed = attribute(node, 'transB', 0) !== 0;
  if (operand.side === 'input') {
    if (layout.axis !== rank - 1) return undefined;
    return plan(node, [layout, same], [same], [[1, isTransposed ? 1 : 0]], layout.parts);
  }
  if (layout.axis !== rank - 1) return undefined;
  const changes: [input: number, axis: number][] = [[1, isTransposed ? 0 : 1]];
  if (node.inputs[2]) {
    const bias = rewriter.constant(node.inputs[2]);
    if (!bias || !isMovable(bias)) return undefined;
    const last = bias.dims.length - 1;
    const isSpread = last < 0 || bias.dims[last] === 1;
    if (!isSpread && bias.dims[last] !== lengthOf(layout.parts)) return undefined;
    if (!isSpread) changes.push([2, last]);
  }
  return plan(node, [same, same], [layout], changes, layout.parts);
}

/** https://onnx.ai/onnx/operators/onnx__Conv.html: up to three spatial axes in onnxruntime. */
function asConv(
  node: Node,
  weights: Tensor,
  layout: Extract<Layout, { kind: 'perm' }>,
  rank: number,
): Plan | undefined {
  const isChannelsFirst = layout.perm.every(
    (axis, index) => axis === [0, rank - 1][index] || axis === index - 1,
  );
  const isFloat = weights.dtype === 'float32' || weights.dtype === 'float64';
  if (node.opType !== 'MatMul' || !isFloat || rank < 3 || rank > 5 || !isChannelsFirst) return undefined;
  const spatial = new Array<number>(rank - 2).fill(1);
  const [inputs = 1, outputs = 1] = weights.dims;
  return {
    inputs: [layout, same],
    outputs: [layout],
    adjust(node, rewriter) {
      const kernel = reshape(permute(weights, [1, 0]), [outputs, inputs, ...spatial]);
      rewriter.setInput(node, 1, rewriter.addConstant(node.inputs[1] ?? '', kernel));
      node.opType = 'Conv';
      node.attributes.set('kernel_shape', int(spatial));
    },
  };
}

function plan(
  node: Node,
  inputs: readonly Layout[],
  outputs: readonly Layout[],
  changes: readonly (readonly [input: number, axis: number])[],
  parts: readonly Part[],
): Plan {
  return {
    inputs: node.inputs.map((_, index) => inputs[index] ?? same),
    outputs,
    adjust(node, rewriter) {
      const order = orderOf(parts);
      for (const [input, axis] of changes) rearrange(node, input, axis, order, rewriter);
    },
  };
}

/** Reads a copy of a constant input with the entries of one axis rearranged. */
export function rearrange(
  node: Node,
  input: number,
  axis: number,
  order: Int32Array,
  rewriter: Rewriter,
): void {
  const value = node.inputs[input] ?? '';
  const tensor = rewriter.constant(value);
  if (tensor) rewriter.setInput(node, input, rewriter.addConstant(value, take(tensor, axis, order)));
}
