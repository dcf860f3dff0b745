// ARG_MAX and ARG_MIN: where the first extreme along an axis is.

import { int } from '../../../../graph/attribute.ts';
import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['ARG_MAX', 'ARG_MIN'],
  problem: (op) => (op.integers(1) === undefined ? 'its axis is computed' : undefined),
  lower(op) {
    const axis = op.axis(op.constant(1, 'its axis')[0] ?? 0, op.input(0).shape.length);
    const dtype = op.work(0);
    // Truth values are ordered too.
    const x = dtype === 'bool' ? op.as(0, 'int32') : op.as(0, dtype);
    const attributes = { axis: int(axis), keepdims: int(0) };
    op.give(0, op.emit(op.opcode === 'ARG_MAX' ? 'ArgMax' : 'ArgMin', [x], { attributes }), 'int64');
  },
} satisfies OperatorFamily;
