// https://onnx.ai/onnx/operators/onnx__MatMul.html and likewise for the others.
// Opsets: MatMul 1, 9, 13; MatMulInteger 10; QLinearMatMul 10, 21.

import type { DType } from '../graph/dtype.ts';
import type { Shape } from '../graph/model.ts';
import { broadcast, print, sameDim } from './axes.ts';
import type { InferContext, OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

type Row = { readonly right: number; readonly dtype: (context: InferContext) => DType | undefined };

/** Where the right factor is, and the element type of the result. */
const rows: Readonly<Record<string, Row>> = {
  MatMul: { right: 1, dtype: (context) => context.dtype(0) ?? context.dtype(1) },
  MatMulInteger: { right: 1, dtype: () => 'int32' },
  QLinearMatMul: { right: 3, dtype: (context) => context.dtype(7) },
};

export default {
  ops: {
    MatMul: { since: 1, inputs: [2, 2], outputs: [1, 1] },
    MatMulInteger: { since: 10, inputs: [2, 4], outputs: [1, 1] },
    QLinearMatMul: { since: 10, inputs: [8, 8], outputs: [1, 1] },
  },
  infer(context) {
    const row = rows[context.node.opType] as Row;
    return [tensorOf(row.dtype(context), multiplied(context, context.shape(0), context.shape(row.right)))];
  },
} satisfies OpFamily;

/** As numpy.matmul: vectors stand for a row on the left and a column on the right, which the result leaves out. */
function multiplied(context: InferContext, a: Shape | undefined, b: Shape | undefined): Shape | undefined {
  if (a === undefined || b === undefined) return undefined;
  if (a.length === 0 || b.length === 0) context.fail('a scalar has no matrix product');
  const inner = b.length === 1 ? b[0] : b[b.length - 2];
  sameDim(context, a[a.length - 1] ?? null, inner ?? null, `inner axes of ${print(a)} and ${print(b)}`);
  const batch = broadcast(a.slice(0, -2), b.slice(0, -2));
  if (batch === undefined) context.fail(`${print(a)} and ${print(b)} do not broadcast`);
  const rowsOfA = a.length > 1 ? a.slice(-2, -1) : [];
  const columnsOfB = b.length > 1 ? b.slice(-1) : [];
  return [...batch, ...rowsOfA, ...columnsOfB];
}
