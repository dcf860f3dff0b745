// MatMul, Gemm, and Conv of kernel size one, by a constant.
//
//   1. They take a rearranged last axis by rearranging the constant's rows, and give one by rearranging its columns. This
//      is how a Transpose in front of a Flatten and a Dense layer disappears.
//   2. A MatMul that mixes the channels of a channels-last value is a Conv of kernel size one on the channels-first value,
//      and the other way round.

import { attribute, int } from '../../graph/attribute.ts';
import type { Node } from '../../graph/model.ts';
import { isMovable, permute, reshape, take } from '../../graph/rearrange.ts';
import type { Tensor } from '../../graph/tensor.ts';
import type { Rewriter } from '../uses.ts';
import { type Layout, lengthOf, orderOf, type Part, same } from './layout.ts';
import type { Mover, Operand, Plan } from './mover.ts';

export const matrix: Readonly<Record<string, Mover>> = { MatMul: move, Gemm: move };

/** Rule 1 alone, where a product of the last axis is better than any Conv. */
export const products: Readonly<Record<string, Mover>> = { MatMul: moveRows };

/** The other way round of rule 2. */
export const pointwise: Readonly<Record<string, Mover>> = { Conv: asMatMul };

function move(node: Node, operand: Operand, layout: Layout, rewriter: Rewriter): Plan | undefined {
  if (layout.kind === 'same' || operand.index !== 0 || !node.inputs[1]) return undefined;
  const weights = weightsOf(node.inputs[1], rewriter);
  const rank = rewriter.shape(node.inputs[0])?.length;
  if (rank === undefined || rank < 2 || weights?.dims.length !== 2 || !isMovable(weights)) return undefined;
  // Rearranged copies of weights that others still need would only make the file larger.
  if (rewriter.useCount(node.inputs[1]) !== 1) return undefined;
  if (layout.kind === 'perm') return amongRows(node, layout, rank) ?? asConv(node, weights, layout, rank);
  if (attribute(node, 'transA', 0) !== 0) return undefined;
  const isTransposed = attribute(node, 'transB', 0) !== 0;
  if (operand.side === 'input') {
    if (layout.axis !== rank - 1) return undefined;
    const axis = isTransposed ? 1 : 0;
    if (!keepsScales(node.inputs[1], axis, rewriter)) return undefined;
    return plan(node, [layout, same], [same], [[1, axis]], layout.parts);
  }
  if (layout.axis !== rank - 1 || !rewriter.constant(node.inputs[1])) return undefined;
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

function moveRows(node: Node, operand: Operand, layout: Layout, rewriter: Rewriter): Plan | undefined {
  const isMixed = layout.kind === 'perm' && layout.perm.at(-1) !== layout.perm.length - 1;
  return isMixed ? undefined : move(node, operand, layout, rewriter);
}

/** Rows may come in any order, as long as the axis that is multiplied stays last. */
function amongRows(node: Node, layout: Extract<Layout, { kind: 'perm' }>, rank: number): Plan | undefined {
  const isKept = node.opType === 'MatMul' && layout.perm[rank - 1] === rank - 1;
  return isKept ? { inputs: [layout, same], outputs: [layout] } : undefined;
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

// A Conv takes its bias and activation along; a MatMul leaves them to operators of their own.
const AS_MATMUL = 450;

/** The bias becomes an Add. */
function asMatMul(node: Node, operand: Operand, layout: Layout, rewriter: Rewriter): Plan | undefined {
  if (layout.kind !== 'perm' || operand.index !== 0) return undefined;
  const [, kernel = '', bias = ''] = node.inputs;
  const weights = rewriter.constant(kernel);
  const rank = weights?.dims.length ?? 0;
  const isChannelsLast = layout.perm.every(
    (axis, index) => axis === (index === 0 ? 0 : (index % (rank - 1)) + 1),
  );
  if (!weights || layout.perm.length !== rank || !isChannelsLast || !isMovable(weights)) return undefined;
  if (rewriter.useCount(kernel) !== 1 || (bias && !rewriter.constant(bias)) || !isPointwise(node, weights))
    return undefined;
  return {
    inputs: [layout, same, same].slice(0, node.inputs.length),
    outputs: [layout],
    cost: AS_MATMUL,
    adjust(node, rewriter) {
      const [input = ''] = node.inputs;
      const [output = ''] = node.outputs;
      const [outputs = 1, inputs = 1] = weights.dims;
      const table = permute(reshape(weights, [outputs, inputs]), [1, 0]);
      rewriter.setInputs(node, [input, rewriter.addConstant(kernel, table)]);
      node.opType = 'MatMul';
      node.attributes.clear();
      if (!bias) return;
      const product = rewriter.fresh(`${output}/product`);
      rewriter.setOutput(node, 0, product);
      rewriter.add('Add', [product, bias], { name: `${node.name}/bias`, outputs: [output] });
    },
  };
}

function isPointwise(node: Node, { dims }: Tensor): boolean {
  const all = (name: string, value: number) =>
    attribute(node, name, [] as readonly number[]).every((entry) => entry === value);
  return (
    dims.length >= 3 &&
    dims.slice(2).every((length) => length === 1) &&
    attribute(node, 'group', 1) === 1 &&
    all('strides', 1) &&
    all('pads', 0)
  );
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

/** The matrix of numbers or, behind a DequantizeLinear that nobody else reads, of codes. */
function weightsOf(value: string, rewriter: Rewriter): Tensor | undefined {
  const held = rewriter.constant(value);
  if (held) return held;
  const maker = rewriter.producer(value);
  if (maker?.domain !== '' || maker.opType !== 'DequantizeLinear' || rewriter.isPinned(value))
    return undefined;
  const isOwn = rewriter.useCount(maker.inputs[0] ?? '') === 1;
  return isOwn ? rewriter.constant(maker.inputs[0]) : undefined;
}

/** Whether the codes have one scale for all, or one per entry of another axis. */
function keepsScales(value: string, axis: number, rewriter: Rewriter): boolean {
  const maker = rewriter.constant(value) ? undefined : rewriter.producer(value);
  const scales = rewriter.shape(maker?.inputs[1]);
  if (maker === undefined || scales?.length === 0 || scales?.[0] === 1) return true;
  const channel = attribute(maker, 'axis', 1);
  return attribute(maker, 'block_size', 0) === 0 && (channel < 0 ? channel + 2 : channel) !== axis;
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
  const coded = rewriter.constant(value) ? undefined : rewriter.producer(value);
  if (coded?.opType === 'DequantizeLinear') {
    rearrange(coded, 0, axis, order, rewriter);
    return;
  }
  const tensor = rewriter.constant(value);
  if (tensor) rewriter.setInput(node, input, rewriter.addConstant(value, take(tensor, axis, order)));
}
