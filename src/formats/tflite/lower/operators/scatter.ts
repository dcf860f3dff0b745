// SCATTER_ND (what falls on one place is added up) and SPARSE_TO_DENSE.

import { string, tensor } from '../../../../graph/attribute.ts';
import type { Op, OperatorFamily } from '../definition.ts';
import { tensorOf } from '../tensors.ts';

export default {
  opcodes: ['SCATTER_ND', 'SPARSE_TO_DENSE'],
  lower(op) {
    const indices = op.cast(op.stored(0), 'int64', 'indices');
    if (op.opcode === 'SPARSE_TO_DENSE') return sparse(op, indices);
    const shape = op.cast(op.stored(2), 'int64', 'shape');
    const dtype = op.work(1);
    const isBool = dtype === 'bool';
    const zeros = op.emit('ConstantOfShape', [shape], {
      suffix: 'zeros',
      attributes: { value: tensor(tensorOf(dtype, [1], [0])) },
    });
    const attributes = isBool ? {} : { reduction: string('add') };
    op.give(0, op.emit('ScatterND', [zeros, indices, op.as(1, dtype)], { attributes }), dtype);
  },
} satisfies OperatorFamily;

/** Indices are one place, a list of places on one axis, or rows of coordinates; values may be one for all. */
function sparse(op: Op, indices: string): void {
  const shape = op.cast(op.stored(1), 'int64', 'shape');
  const rank = op.input(0).shape.length;
  const points =
    rank === 2 ? indices : op.emit('Reshape', [indices, op.ints('column', [-1, 1])], { suffix: 'points' });
  const initial = op.emit('Expand', [op.stored(3), shape], { suffix: 'initial' });
  const count = op.emit('Slice', [op.shapeOf(points), op.ints('from', [0]), op.ints('to', [1])], {
    suffix: 'count',
  });
  const values = op.emit('Expand', [op.stored(2), count], { suffix: 'values' });
  op.giveStored(0, op.emit('ScatterND', [initial, points, values]));
}
