// Given:   y = x × s + t per channel (BatchNormalization, or Mul, Div, Add, Sub by a constant)      z = Conv(y, w, b)
// Result:  z = Conv(x, w × s, b + Σ w × t)
//
//   1. Only where it is exact: a Conv that pads would pad with zeros where the shifted input had t, so either the Conv
//      pads nothing or t is zero.
//   2. Likewise for Gemm and MatMul of matrices.
//   3. Left alone: y has another reader, w is shared, anything is not constant; Σ |w × t| is so large that the sum would
//      lose digits which subtracting first keeps (columns with a mean of many deviations).

import { attribute } from '../graph/attribute.ts';
import type { Node } from '../graph/model.ts';
import { elementCount, type Tensor } from '../graph/tensor.ts';
import { affineOf } from './affine/affine.ts';
import { type Linear, linearOf, rebuilt } from './affine/linear.ts';
import type { Pass } from './definition.ts';
import { rewriteNodes } from './scopes.ts';
import type { Rewriter } from './uses.ts';

export default {
  name: 'fuse-batch-norm-conv',
  run(model) {
    return { modified: rewriteNodes(model, fuse) };
  },
} satisfies Pass;

function fuse(node: Node, rewriter: Rewriter): boolean {
  if (node.opType !== 'Conv' && node.opType !== 'Gemm' && node.opType !== 'MatMul') return false;
  const [value = ''] = node.inputs;
  const before = rewriter.producer(value);
  const linear = linearOf(node, rewriter);
  const input = linear && inputChannels(linear);
  const rank = rewriter.shape(value)?.length;
  if (!before || !linear || !input || rank === undefined || rewriter.onlyUser(value) !== node) return false;
  if (node.opType !== 'Conv' && rank !== 2) return false;
  const affine = affineOf(before, input.channels, 1, rewriter);
  if (!affine) return false;
  const isShifted = affine.shift.some((number) => number !== 0);
  if (isShifted && node.opType === 'Conv' && pads(node)) return false;
  if (isShifted && !isSmall(linear, input, affine.shift)) return false;
  const weights = scaled(linear, input, affine.scale);
  const bias = isShifted ? shifted(linear, input, affine.shift) : linear.bias;
  if (!weights || (isShifted && !bias)) return false;
  const inputs = [affine.input, rewriter.addConstant(node.inputs[1] ?? '', weights)];
  if (bias && isShifted) inputs.push(rewriter.addConstant(node.inputs[2] || `${node.name}/bias`, bias));
  else if (node.inputs[2]) inputs.push(node.inputs[2]);
  rewriter.setInputs(node, inputs);
  rewriter.remove(before);
  if (isShifted) {
    if (node.opType === 'MatMul') node.opType = 'Gemm';
    node.attributes.delete('beta');
  }
  return true;
}

type InputChannels = { readonly channels: number; readonly channelOf: (index: number) => number };

/** The input channel each element of the weights is multiplied with. */
function inputChannels({ node, weights }: Linear): InputChannels | undefined {
  const [outputs = 0, perGroup = 0] = weights.dims;
  if (node.opType === 'Conv') {
    const groups = attribute(node, 'group', 1);
    const size = elementCount(weights.dims.slice(2));
    const channelOf = (i: number) => {
      const channel = Math.floor(i / size);
      return (
        Math.floor(Math.floor(channel / perGroup) / (outputs / groups)) * perGroup + (channel % perGroup)
      );
    };
    return { channels: perGroup * groups, channelOf };
  }
  if (attribute(node, 'transA', 0) !== 0) return undefined;
  const isTransposed = attribute(node, 'transB', 0) !== 0;
  const [rows = 0, columns = 0] = weights.dims;
  return isTransposed
    ? { channels: columns, channelOf: (i) => i % columns }
    : { channels: rows, channelOf: (i) => Math.floor(i / columns) };
}

function pads(node: Node): boolean {
  const auto = attribute(node, 'auto_pad', 'NOTSET');
  if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') return true;
  return attribute(node, 'pads', [] as readonly number[]).some((count) => count !== 0);
}

function scaled({ weights }: Linear, { channelOf }: InputChannels, scale: Float64Array): Tensor | undefined {
  const old = weights.data as ArrayLike<number>;
  return rebuilt(weights, weights.dims, (i) => (old[i] ?? 0) * (scale[channelOf(i)] ?? 0));
}

// Times the rounding of float32 it is some 1e-5, a tenth of what outputs are compared by.
const MOST_SHIFT = 64;

function isSmall(linear: Linear, { channelOf }: InputChannels, shift: Float64Array): boolean {
  const sums = new Float64Array(linear.channels);
  const data = linear.weights.data as ArrayLike<number>;
  for (let i = 0; i < data.length; i++) {
    const channel = linear.channelOf(i);
    sums[channel] = (sums[channel] ?? 0) + Math.abs((data[i] ?? 0) * (shift[channelOf(i)] ?? 0));
  }
  return sums.every((sum) => sum <= MOST_SHIFT);
}

function shifted(linear: Linear, { channelOf }: InputChannels, shift: Float64Array): Tensor | undefined {
  const { bias, biasFactor, channels, weights, node } = linear;
  const old = bias?.data as ArrayLike<number> | undefined;
  const values = Float64Array.from({ length: channels }, (_, i) =>
    old ? (old[old.length === 1 ? 0 : i] ?? 0) * biasFactor : 0,
  );
  const data = weights.data as ArrayLike<number>;
  const factor = attribute(node, 'alpha', 1);
  for (let i = 0; i < data.length; i++) {
    const channel = linear.channelOf(i);
    values[channel] = (values[channel] ?? 0) + factor * (data[i] ?? 0) * (shift[channelOf(i)] ?? 0);
  }
  return rebuilt(bias ?? weights, [channels], (i) => values[i] ?? 0);
}
