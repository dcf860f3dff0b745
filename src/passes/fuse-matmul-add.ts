// Given:   y = MatMul(x, w)    x [m, k], w [k, n]        z = Add(y, b)    b a constant [n], [1, n], [1] or scalar
// Result:  z = Gemm(x, w, b)
//
// Only for matrices: Gemm takes nothing of higher rank. y must have no other reader.

import type { Node } from '../graph/model.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { Pass } from './definition.ts';
import { rewriteNodes } from './scopes.ts';
import type { Rewriter } from './uses.ts';

export default {
  name: 'fuse-matmul-add',
  run(model) {
    return { modified: rewriteNodes(model, fuse) };
  },
} satisfies Pass;

function fuse(add: Node, rewriter: Rewriter): boolean {
  if (add.domain !== '' || add.opType !== 'Add') return false;
  for (const [product, bias] of [
    [add.inputs[0], add.inputs[1]],
    [add.inputs[1], add.inputs[0]],
  ]) {
    const matmul = rewriter.producer(product ?? '');
    const tensor = rewriter.constant(bias);
    if (!matmul || !product || !bias || !tensor || !isMatrixProduct(matmul, rewriter)) continue;
    if (rewriter.onlyUser(product) !== add || !isRow(tensor, rewriter.shape(product)?.[1])) continue;
    const [a = '', b = ''] = matmul.inputs;
    const [output = ''] = add.outputs;
    rewriter.remove(add);
    rewriter.remove(matmul);
    rewriter.add('Gemm', [a, b, bias], { name: matmul.name, outputs: [output] });
    return true;
  }
  return false;
}

function isMatrixProduct(node: Node, rewriter: Rewriter): boolean {
  if (node.domain !== '' || node.opType !== 'MatMul') return false;
  const dtype = rewriter.dtype(node.outputs[0]);
  return (
    (dtype === 'float32' || dtype === 'float64' || dtype === 'float16') &&
    node.inputs.every((input) => rewriter.shape(input)?.length === 2)
  );
}

/** One number per column, or one for all. */
function isRow({ dims }: Tensor, columns: unknown): boolean {
  if (dims.length > 2 || (dims.length === 2 && dims[0] !== 1)) return false;
  const last = dims.at(-1) ?? 1;
  return last === 1 || last === columns;
}
