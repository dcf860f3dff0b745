// https://onnx.ai/onnx/operators/onnx__Gemm.html
// Opsets: 1, 6, 7, 9, 11, 13.

import { float, int } from '../graph/attribute.ts';
import type { Node } from '../graph/model.ts';
import { print, sameDim } from './axes.ts';
import type { OpFamily, UpgradeContext } from './definition.ts';
import { tensorOf } from './result.ts';
import { scalarLike } from './rewrite.ts';

export default {
  ops: {
    Gemm: {
      since: 1,
      inputs: [2, 3],
      outputs: [1, 1],
      attributes: { alpha: float(1), beta: float(1), transA: int(0), transB: int(0) },
    },
  },
  infer(context) {
    const a = context.shape(0);
    const b = context.shape(1);
    for (const shape of [a, b]) {
      if (shape !== undefined && shape.length !== 2) context.fail(`${print(shape)} is not a matrix`);
    }
    const [rows = null, innerA = null] = (context.int('transA') !== 0 ? a?.toReversed() : a) ?? [];
    const [innerB = null, columns = null] = (context.int('transB') !== 0 ? b?.toReversed() : b) ?? [];
    sameDim(context, innerA, innerB, 'inner axes');
    return [tensorOf(context.dtype(0) ?? context.dtype(1), [rows, columns])];
  },
  downgrades: [{ from: 11, opTypes: ['Gemm'], rewrite: addZero }],
} satisfies OpFamily;

/** The bias had to be there. */
function addZero(node: Node, context: UpgradeContext): readonly Node[] {
  if ((node.inputs[2] ?? '') !== '') return [node];
  const zero = scalarLike(context, node, 'zero', 0, node.inputs[0] ?? '');
  node.inputs[2] = zero.value;
  return [...zero.nodes, node];
}
