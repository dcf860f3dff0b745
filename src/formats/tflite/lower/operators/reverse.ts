// REVERSE_V2 turns axes around, REVERSE_SEQUENCE the beginning of each row of a batch.

import { int } from '../../../../graph/attribute.ts';
import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['REVERSE_V2', 'REVERSE_SEQUENCE'],
  problem: (op) =>
    op.opcode === 'REVERSE_V2' && op.integers(1) === undefined ? 'its axes are computed' : undefined,
  lower(op) {
    const { inputs, give } = op.carry([0]);
    const [x = ''] = inputs;
    const rank = op.input(0).shape.length;
    if (op.opcode === 'REVERSE_V2') {
      const axes = op.constant(1, 'its axes').map((axis) => op.axis(axis, rank));
      const all = (name: string, value: number) =>
        op.ints(
          name,
          axes.map(() => value),
        );
      const ends = all('ends', -(2 ** 62));
      give(0, op.emit('Slice', [x, all('starts', -1), ends, op.ints('axes', axes), all('steps', -1)]));
      return;
    }
    const [batch, time] = [op.axis(op.int('batchDim', 0), rank), op.axis(op.int('seqDim'), rank)];
    const lengths = op.cast(op.stored(1), 'int64', 'lengths');
    const isInFront = batch < 2 && time < 2;
    // ONNX takes these two axes in front only.
    const perm = [batch, time, ...[...Array(rank).keys()].filter((axis) => axis !== batch && axis !== time)];
    const moved = isInFront
      ? x
      : op.emit('Transpose', [x], { suffix: 'front', attributes: { perm: int(perm) } });
    const turned = op.emit('ReverseSequence', [moved, lengths], {
      attributes: { batch_axis: int(isInFront ? batch : 0), time_axis: int(isInFront ? time : 1) },
    });
    const back = perm.map((_, axis) => perm.indexOf(axis));
    give(
      0,
      isInFront
        ? turned
        : op.emit('Transpose', [turned], { suffix: 'back', attributes: { perm: int(back) } }),
    );
  },
} satisfies OperatorFamily;
