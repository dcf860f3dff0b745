// Reductions over axes given as a constant: sums, means, products, extremes, any and all.

import { int } from '../../../../graph/attribute.ts';
import type { OperatorFamily } from '../definition.ts';

const opTypes: Readonly<Record<string, string>> = {
  SUM: 'ReduceSum',
  MEAN: 'ReduceMean',
  REDUCE_PROD: 'ReduceProd',
  REDUCE_MAX: 'ReduceMax',
  REDUCE_MIN: 'ReduceMin',
  REDUCE_ANY: 'ReduceMax',
  REDUCE_ALL: 'ReduceMin',
};

export default {
  opcodes: Object.keys(opTypes),
  problem: (op) => (op.integers(1) === undefined ? 'its axes are computed' : undefined),
  lower(op) {
    const rank = op.input(0).shape.length;
    const axes = [...new Set(op.constant(1, 'its axes').map((axis) => op.axis(axis, rank)))].sort(
      (a, b) => a - b,
    );
    const isTruth = op.opcode === 'REDUCE_ANY' || op.opcode === 'REDUCE_ALL';
    const dtype = isTruth ? 'int32' : op.work(0);
    const reduced = op.emit(opTypes[op.opcode] ?? '', [op.as(0, dtype), op.ints('axes', axes)], {
      attributes: { keepdims: int(op.flag('keepDims') ? 1 : 0), noop_with_empty_axes: int(1) },
    });
    op.give(0, reduced, dtype);
  },
} satisfies OperatorFamily;
