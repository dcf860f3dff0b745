// AVERAGE_POOL_2D (padding is not averaged over), MAX_POOL_2D, L2_POOL_2D.

import { activate, activationProblem } from '../activation.ts';
import { withChannelsFirst } from '../channels.ts';
import type { OperatorFamily } from '../definition.ts';
import { padding, positive, readWindow, spatialOf } from '../window.ts';
import { int } from '../../../../graph/attribute.ts';

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
    if (op.opcode === 'MAX_POOL_2D') {
      const { inputs, dtype, give } = op.carry([0], ['int16']);
      const [x = ''] = inputs;
      const pooled = withChannelsFirst(op, x, 4, (value) => op.emit('MaxPool', [value], { attributes }));
      if (dtype.startsWith('float')) op.give(0, activate(op, pooled));
      else if (isActive(op.word('fusedActivationFunction', 'NONE'))) {
        op.give(0, activate(op, withChannelsFirst(op, op.real(0), 4, (value) => op.emit('MaxPool', [value], { attributes }))));
      } else give(0, pooled);
      return;
    }
    const isL2 = op.opcode === 'L2_POOL_2D';
    const x = op.real(0);
    const powered = isL2 ? op.emit('Mul', [x, x], { suffix: 'square' }) : x;
    const pooled = withChannelsFirst(op, powered, 4, (value) => op.emit('AveragePool', [value], { attributes }));
    op.give(0, activate(op, isL2 ? op.emit('Sqrt', [pooled], { suffix: 'root' }) : pooled));
  },
} satisfies OperatorFamily;

function isActive(word: string): boolean {
  return word !== 'NONE';
}
