// Given:   y = Conv(x, w, b)        z = y × s + t per output channel   (BatchNormalization, or Mul, Div, Add, Sub by a constant)
// Result:  z = Conv(x, w × s, b × s + t)
//
//   1. Likewise for ConvTranspose (any groups), Gemm and MatMul. A MatMul of matrices that gets a bias becomes a Gemm; of
//      higher rank it can only be scaled.
//   2. Left alone: y has another reader or is a graph output; w is shared; w, b, s or t is not constant; the new weights
//      would not be finite.
//
// Computed in float64 and rounded once.

import type { Node } from '../graph/model.ts';
import type { Tensor } from '../graph/tensor.ts';
import { type Affine, affineOf } from './affine/affine.ts';
import { type Linear, linearOf, rebuilt } from './affine/linear.ts';
import type { Pass } from './definition.ts';
import { rewriteNodes } from './scopes.ts';
import type { Rewriter } from './uses.ts';

export default {
  name: 'fuse-conv-batch-norm',
  run(model) {
    return {
      modified: rewriteNodes(model, (node, rewriter) => candidates.has(node.opType) && fuse(node, rewriter)),
    };
  },
} satisfies Pass;

const candidates = new Set(['BatchNormalization', 'Mul', 'Div', 'Add', 'Sub']);

function fuse(node: Node, rewriter: Rewriter): boolean {
  for (const input of node.inputs.slice(0, 2)) {
    if (rewriter.onlyUser(input) !== node) continue;
    const linear = linearOf(rewriter.producer(input), rewriter);
    const affine = linear && affineOf(node, linear.channels, linear.axis, rewriter);
    if (linear && affine?.input === input && absorb(linear, affine, node, rewriter)) return true;
  }
  return false;
}

function absorb(linear: Linear, { scale, shift }: Affine, node: Node, rewriter: Rewriter): boolean {
  const isShifted = linear.bias !== undefined || shift.some((value) => value !== 0);
  if (isShifted && !linear.takesBias) return false;
  const weights = scaled(linear, scale);
  const bias = isShifted ? shifted(linear, scale, shift) : undefined;
  if (!weights || (isShifted && !bias)) return false;
  const { node: maker } = linear;
  const [input = '', weightName = ''] = maker.inputs;
  const inputs = [input, rewriter.addConstant(weightName, weights)];
  if (bias) inputs.push(rewriter.addConstant(maker.inputs[2] || `${maker.name}/bias`, bias));
  const between = maker.outputs[0] ?? '';
  const [output = ''] = node.outputs;
  rewriter.remove(node);
  rewriter.setInputs(maker, inputs);
  rewriter.setOutput(maker, 0, output);
  rewriter.graph.types.delete(between);
  if (maker.opType === 'MatMul' && bias) maker.opType = 'Gemm';
  maker.attributes.delete('beta');
  return true;
}

function scaled({ weights, channelOf }: Linear, scale: Float64Array): Tensor | undefined {
  const old = weights.data as ArrayLike<number>;
  return rebuilt(weights, weights.dims, (i) => (old[i] ?? 0) * (scale[channelOf(i)] ?? 0));
}

function shifted(linear: Linear, scale: Float64Array, shift: Float64Array): Tensor | undefined {
  const { bias, biasFactor, channels, weights } = linear;
  const old = bias?.data as ArrayLike<number> | undefined;
  const values = new Float64Array(channels);
  for (let i = 0; i < channels; i++) {
    const before = old ? (old[old.length === 1 ? 0 : i] ?? 0) * biasFactor : 0;
    values[i] = before * (scale[i] ?? 0) + (shift[i] ?? 0);
  }
  return rebuilt(bias ?? weights, [channels], (i) => values[i] ?? 0);
}
