// AVERAGE_POOL_2D (padding is not averaged over), MAX_POOL_2D, L2_POOL_2D.

import { int } from '../../../../graph/attribute.ts';
import { activate, activationProblem } from '../activation.ts';
import { channelsFirst, channelsLast, withChannelsFirst } from '../channels.ts';
import type { OperatorFamily } from '../definition.ts';
import { padding, positive, readWindow, spatialOf } from '../window.ts';

export default {
  opcodes: ['AVERAGE_POOL_2D', 'MAX_POOL_2D', 'L2_POOL_2D'],
  problem: activationProblem,
  lower(op) {
    const { shape } = op.input(0);
    const window = readWindow(op, 'HW', [positive(op, 'filterHeight'), positive(op, 'filterWidth')]);
    const attributes = {
      ...padding(op, spatialOf(op, shape, 2), window),
      kernel_shape: int(window.kernel),
      strides: int(window.strides),
    };
    const isPlain = op.word('fusedActivationFunction', 'NONE') === 'NONE';
    if (op.opcode === 'MAX_POOL_2D' && isPlain) {
      const { inputs, give } = op.carry([0], ['int16']);
      give(
        0,
        withChannelsFirst(op, inputs[0] ?? '', 4, (x) => op.emit('MaxPool', [x], { attributes })),
      );
      return;
    }
    const isL2 = op.opcode === 'L2_POOL_2D';
    const x = op.arranged(0, channelsFirst(4));
    const powered = isL2 ? op.emit('Mul', [x, x], { suffix: 'square' }) : x;
    const opType = op.opcode === 'MAX_POOL_2D' ? 'MaxPool' : 'AveragePool';
    const pooled = op.emit(opType, [powered], { attributes });
    const result = isL2 ? op.emit('Sqrt', [pooled], { suffix: 'root' }) : pooled;
    op.give(0, activate(op, result), 'float32', channelsLast(4));
  },
} satisfies OperatorFamily;
