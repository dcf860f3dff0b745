// STABLEHLO_DOT_GENERAL: a product with batch axes and contracted axes named on both sides; ONNX says it as an Einsum.
// https://openxla.org/stablehlo/spec#dot_general

import { string } from '../../../../graph/attribute.ts';
import type { OperatorFamily, OperatorView } from '../definition.ts';

export default {
  opcodes: ['STABLEHLO_DOT_GENERAL'],
  problem: (op) =>
    op.input(0).shape.length + op.input(1).shape.length > 26 ? 'it has too many axes' : undefined,
  lower(op) {
    const dtype = op.work(0);
    const operands = [op.as(0, dtype), op.as(1, dtype)];
    op.give(0, op.emit('Einsum', operands, { attributes: { equation: string(equationOf(op)) } }), dtype);
  },
} satisfies OperatorFamily;

/** Batch axes come first in the result, then those left of either side. */
function equationOf(op: OperatorView): string {
  const names = 'abcdefghijklmnopqrstuvwxyz';
  const [left, right] = [op.input(0).shape.length, op.input(1).shape.length];
  const pairs = (lhs: string, rhs: string) => {
    const [from, to] = [op.list(lhs), op.list(rhs)];
    if (from.length !== to.length) op.fail(`it pairs ${from.length} axes with ${to.length}`);
    return from.map((axis, at) => [op.axis(axis, left), op.axis(to[at] ?? -1, right)] as const);
  };
  const batch = pairs('lhsBatchingDimensions', 'rhsBatchingDimensions');
  const contracted = pairs('lhsContractingDimensions', 'rhsContractingDimensions');
  const a = names.slice(0, left).split('');
  const b = names.slice(left, left + right).split('');
  for (const [from, to] of [...batch, ...contracted]) b[to] = a[from] ?? '';
  const taken = new Set([...batch, ...contracted].map(([from]) => a[from]));
  const rest = [...a, ...b].filter((name) => !taken.has(name));
  return `${a.join('')},${b.join('')}->${batch.map(([from]) => a[from]).join('')}${rest.join('')}`;
}
