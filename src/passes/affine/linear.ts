// Operators that are linear in their weights: scaling an output channel is the same as scaling its weights and bias.

import { attribute } from '../../graph/attribute.ts';
import type { Node } from '../../graph/model.ts';
import { elementCount, type Tensor } from '../../graph/tensor.ts';
import { isPlainFloat } from '../constants/read.ts';
import type { Rewriter } from '../uses.ts';

export type Linear = {
  readonly node: Node;
  readonly weights: Tensor;
  /** undefined: none. */
  readonly bias: Tensor | undefined;
  /** Factor the operator applies to its bias (Gemm's beta). */
  readonly biasFactor: number;
  readonly channels: number;
  /** Channel axis of the output. */
  readonly axis: number;
  /** Output channel that an element of the weights belongs to. */
  readonly channelOf: (index: number) => number;
  /** Whether the operator can have a bias. */
  readonly takesBias: boolean;
};

/** The node as a linear operator with constant weights that nothing else uses; undefined when it is none. */
export function linearOf(node: Node | undefined, rewriter: Rewriter): Linear | undefined {
  if (node?.domain !== '') return undefined;
  const [, weightName = '', biasName = ''] = node.inputs;
  const weights = rewriter.constant(weightName);
  const bias = rewriter.constant(biasName);
  if (!weights || !isOwn(weightName, rewriter) || !isUsable(weights)) return undefined;
  if (biasName !== '' && (!bias || !isUsable(bias))) return undefined;
  const shared = { node, weights, bias, biasFactor: 1 };
  const { dims } = weights;
  switch (node.opType) {
    case 'Conv': {
      const size = elementCount(dims.slice(1));
      return {
        ...shared,
        channels: dims[0] ?? 0,
        axis: 1,
        channelOf: (i) => Math.floor(i / size),
        takesBias: true,
      };
    }
    case 'ConvTranspose': {
      // [input channels, output channels per group, …]: the group follows from the input channel.
      const groups = attribute(node, 'group', 1);
      const [inputs = 0, outputs = 0] = dims;
      const size = elementCount(dims.slice(2));
      const channelOf = (i: number) => {
        const channel = Math.floor(i / size);
        const group = Math.floor(Math.floor(channel / outputs) / (inputs / groups));
        return group * outputs + (channel % outputs);
      };
      return { ...shared, channels: outputs * groups, axis: 1, channelOf, takesBias: true };
    }
    case 'MatMul':
    case 'Gemm': {
      if (dims.length !== 2) return undefined;
      const rank = rewriter.shape(node.outputs[0])?.length;
      const isTransposed = attribute(node, 'transB', 0) !== 0;
      const [rows = 0, columns = 0] = dims;
      const channels = isTransposed ? rows : columns;
      if (rank === undefined || rank < 2 || (bias && !isRow(bias, channels))) return undefined;
      return {
        ...shared,
        biasFactor: attribute(node, 'beta', 1),
        channels,
        axis: rank - 1,
        channelOf: isTransposed ? (i) => Math.floor(i / columns) : (i) => i % columns,
        takesBias: node.opType === 'Gemm' || rank === 2,
      };
    }
    default:
      return undefined;
  }
}

/** Weights that only this node reads, in this graph: otherwise a changed copy would make the file larger. */
function isOwn(name: string, rewriter: Rewriter): boolean {
  return !rewriter.isCaptured(name) && rewriter.useCount(name) === 1 && !rewriter.isPinned(name);
}

function isUsable(tensor: Tensor): boolean {
  return isPlainFloat(tensor) && tensor.data.length === elementCount(tensor.dims);
}

function isRow({ dims }: Tensor, columns: number): boolean {
  const last = dims.at(-1) ?? 1;
  return elementCount(dims) === last && (last === 1 || last === columns);
}

/** A tensor of `like`'s dtype with the number `value` gives for each element; undefined when they stop being finite. */
export function rebuilt(
  like: Tensor,
  dims: readonly number[],
  value: (index: number) => number,
): Tensor | undefined {
  const length = elementCount(dims);
  const data = like.dtype === 'float32' ? new Float32Array(length) : new Float64Array(length);
  let isAllFinite = true;
  for (let i = 0; i < length; i++) {
    data[i] = value(i);
    isAllFinite &&= Number.isFinite(data[i]);
  }
  if (!isAllFinite && Array.prototype.every.call(like.data, Number.isFinite)) return undefined;
  return { dtype: like.dtype, dims, data };
}
