// Given:   q = MatMul(x, w) [+ b]      … Reshape, Transpose, MatMul(q, k) …      z = y × s, or y ÷ s, by one number
// Result:  q = MatMul(x, w × s) [+ b × s], and no product by s
//
//   1. A number can be multiplied in anywhere along a chain of products and rearrangements; it costs nothing in constants.
//      This is the scale of attention, which its scores or its queries are multiplied by.
//   2. Left alone: a value on the way has another reader or is a graph output; w is shared; w or b is not constant.

import type { Node } from '../graph/model.ts';
import type { Tensor } from '../graph/tensor.ts';
import { linearOf, rebuilt } from './affine/linear.ts';
import { isPlainFloat, uniform } from './constants/read.ts';
import type { Pass } from './definition.ts';
import { rewriteNodes } from './scopes.ts';
import type { Rewriter } from './uses.ts';

export default {
  name: 'fuse-scale-matmul',
  run(model) {
    return { modified: rewriteNodes(model, fuse) };
  },
} satisfies Pass;

function fuse(node: Node, rewriter: Rewriter): boolean {
  if (node.domain !== '' || (node.opType !== 'Mul' && node.opType !== 'Div')) return false;
  for (const side of node.opType === 'Mul' ? [0, 1] : [0]) {
    const value = node.inputs[side] ?? '';
    const factor = factorOf(node, rewriter.constant(node.inputs[1 - side]));
    if (factor === undefined || rewriter.producer(value) === undefined) continue;
    const places = sourceOf(value, node, rewriter);
    const changed = places?.map(({ name, tensor }) => ({ name, tensor: times(tensor, factor) }));
    if (!places || !changed?.every(({ tensor }) => tensor !== undefined)) continue;
    // Only what keeps its name everywhere can go.
    if (!rewriter.bypass(node, value)) continue;
    for (const [index, { name, tensor }] of changed.entries()) {
      const place = places[index];
      if (place && tensor) rewriter.setInput(place.node, place.index, rewriter.addConstant(name, tensor));
    }
    return true;
  }
  return false;
}

function factorOf(node: Node, constant: Tensor | undefined): number | undefined {
  if (!constant || !isPlainFloat(constant) || constant.dims.length > 1) return undefined;
  const value = constant.data.length === 1 ? uniform(constant) : undefined;
  if (value === undefined || value === 0 || !Number.isFinite(value)) return undefined;
  return node.opType === 'Mul' ? value : 1 / value;
}

/** A constant that the factor goes into: input `index` of `node`. */
type Place = {
  readonly node: Node;
  readonly index: number;
  readonly name: string;
  readonly tensor: Tensor;
};

const rearranging = new Set(['Reshape', 'Transpose', 'Squeeze', 'Unsqueeze', 'Flatten', 'Identity']);
const MOST_STEPS = 16;

/** Where the value is made as a product with constants; `reader` is the only one to read it. */
function sourceOf(value: string, reader: Node, rewriter: Rewriter, steps = MOST_STEPS): Place[] | undefined {
  const node = rewriter.producer(value);
  if (node?.domain !== '' || rewriter.onlyUser(value) !== reader || steps === 0) return undefined;
  if (rearranging.has(node.opType)) return sourceOf(node.inputs[0] ?? '', node, rewriter, steps - 1);
  if (node.opType === 'Add') return sumSource(node, rewriter);
  if (node.opType !== 'MatMul' && node.opType !== 'Gemm') return undefined;
  const own = weightsOf(node, rewriter);
  if (own || node.opType === 'Gemm') return own;
  const [a = '', b = ''] = node.inputs;
  return sourceOf(a, node, rewriter, steps - 1) ?? sourceOf(b, node, rewriter, steps - 1);
}

function weightsOf(node: Node, rewriter: Rewriter): Place[] | undefined {
  const linear = linearOf(node, rewriter);
  if (!linear) return undefined;
  const [, weights = '', bias] = node.inputs;
  const places: Place[] = [{ node, index: 1, name: weights, tensor: linear.weights }];
  if (!bias) return places;
  if (!linear.bias) return undefined;
  return [...places, { node, index: 2, name: bias, tensor: linear.bias }];
}

/** A MatMul with its bias in an operator of its own. */
function sumSource(node: Node, rewriter: Rewriter): Place[] | undefined {
  for (const side of [0, 1]) {
    const bias = node.inputs[1 - side] ?? '';
    const tensor = rewriter.constant(bias);
    const product = node.inputs[side] ?? '';
    const maker = rewriter.producer(product);
    if (!tensor || !isPlainFloat(tensor) || maker?.opType !== 'MatMul') continue;
    if (maker.domain !== '' || rewriter.onlyUser(product) !== node) continue;
    const weights = weightsOf(maker, rewriter);
    if (weights) return [...weights, { node, index: 1 - side, name: bias, tensor }];
  }
  return undefined;
}

function times(tensor: Tensor, factor: number): Tensor | undefined {
  const data = tensor.data as ArrayLike<number>;
  return rebuilt(tensor, tensor.dims, (index) => (data[index] ?? 0) * factor);
}
