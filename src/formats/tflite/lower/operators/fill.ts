// FILL, ZEROS_LIKE, RANGE and STABLEHLO_IOTA: tensors made from a few numbers.

import { tensor } from '../../../../graph/attribute.ts';
import type { OperatorFamily } from '../definition.ts';
import { tensorOf } from '../tensors.ts';

export default {
  opcodes: ['FILL', 'ZEROS_LIKE', 'RANGE', 'STABLEHLO_IOTA'],
  problem: (op) =>
    op.opcode === 'STABLEHLO_IOTA' && op.output().shape.includes(null)
      ? 'the shape of its result is not known'
      : undefined,
  lower(op) {
    switch (op.opcode) {
      case 'FILL':
        op.giveStored(0, op.emit('Expand', [op.stored(1), op.cast(op.stored(0), 'int64', 'shape')]));
        return;
      case 'ZEROS_LIKE': {
        const { dtype, quantization } = op.output();
        const zero = tensorOf(dtype, [1], [quantization?.zeroPoint[0] ?? 0]);
        const shape = op.shapeOf(op.stored(0));
        op.giveStored(0, op.emit('ConstantOfShape', [shape], { attributes: { value: tensor(zero) } }));
        return;
      }
      case 'RANGE': {
        const dtype = op.work(0);
        const none = op.ints('scalar', []);
        const limits = [0, 1, 2].map((index) =>
          op.emit('Reshape', [op.as(index, dtype), none], { suffix: `limit_${index}` }),
        );
        op.give(0, op.emit('Range', limits), dtype);
        return;
      }
      default: {
        const shape = op.output().shape.map(Number);
        const axis = op.axis(op.int('iotaDimension', 0), shape.length);
        const limits = [0, shape[axis] ?? 0, 1].map((value, at) =>
          op.numbers(`limit_${at}`, 'int64', [value]),
        );
        const count = op.emit('Range', limits, { suffix: 'count' });
        const column = op.ints(
          'column',
          shape.map((_, at) => (at === axis ? -1 : 1)),
        );
        const aligned = op.emit('Reshape', [count, column], { suffix: 'aligned' });
        op.give(0, op.emit('Expand', [aligned, op.ints('shape', shape)]), 'int64');
      }
    }
  },
} satisfies OperatorFamily;
