// L2_NORMALIZATION and LOCAL_RESPONSE_NORMALIZATION, both over the channels, which come last.

import { float, int } from '../../../../graph/attribute.ts';
import { activate, activationProblem } from '../activation.ts';
import { withChannelsFirst } from '../channels.ts';
import type { OperatorFamily } from '../definition.ts';

/** What TFLite keeps the length away from zero by. */
const LEAST_LENGTH = 1e-6;

export default {
  opcodes: ['L2_NORMALIZATION', 'LOCAL_RESPONSE_NORMALIZATION'],
  problem: activationProblem,
  lower(op) {
    const x = op.real(0);
    if (op.opcode === 'L2_NORMALIZATION') {
      const axes = op.ints('axis', [-1]);
      const length = op.emit('ReduceL2', [x, axes], { suffix: 'length' });
      const kept = op.emit('Max', [length, op.numbers('least', 'float32', [LEAST_LENGTH])], {
        suffix: 'kept',
      });
      op.give(0, activate(op, op.emit('Div', [x, kept])));
      return;
    }
    const rank = op.input(0).shape.length;
    const size = 2 * op.int('radius') + 1;
    const result = withChannelsFirst(op, x, rank, (value) =>
      op.emit('LRN', [value], {
        attributes: {
          size: int(size),
          bias: float(op.float('bias')),
          // ONNX divides by the size of the window.
          alpha: float(op.float('alpha') * size),
          beta: float(op.float('beta')),
        },
      }),
    );
    op.give(0, result);
  },
} satisfies OperatorFamily;
