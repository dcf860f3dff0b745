// TILE, BROADCAST_TO and STABLEHLO_BROADCAST_IN_DIM: the same elements several times.

import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['TILE', 'BROADCAST_TO', 'STABLEHLO_BROADCAST_IN_DIM'],
  problem: (op) =>
    op.opcode === 'STABLEHLO_BROADCAST_IN_DIM' && op.output().shape.includes(null)
      ? 'the shape of its result is not known'
      : undefined,
  lower(op) {
    const { inputs, give } = op.carry([0], op.opcode === 'TILE' ? ['int16'] : []);
    const [x = ''] = inputs;
    if (op.opcode === 'STABLEHLO_BROADCAST_IN_DIM') {
      const wanted = op.output().shape.map(Number);
      const { shape } = op.input(0);
      const spread = wanted.map(() => 1);
      op.list('broadcastDimensions').forEach((axis, from) => {
        spread[axis] = Number(shape[from]);
      });
      const aligned = op.emit('Reshape', [x, op.ints('aligned', spread)], { suffix: 'align' });
      give(0, op.emit('Expand', [aligned, op.ints('shape', wanted)]));
      return;
    }
    const given = op.integers(1);
    const counts = given ? op.ints('counts', given) : op.cast(op.stored(1), 'int64', 'counts');
    give(0, op.emit(op.opcode === 'TILE' ? 'Tile' : 'Expand', [x, counts]));
  },
} satisfies OperatorFamily;
