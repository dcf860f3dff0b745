// NON_MAX_SUPPRESSION_V4 and V5: boxes that overlap a better one are dropped; what is left is filled up with zeros.

import { int } from '../../../../graph/attribute.ts';
import type { OperatorFamily } from '../definition.ts';
import { fillUp } from '../fill-up.ts';

export default {
  opcodes: ['NON_MAX_SUPPRESSION_V4', 'NON_MAX_SUPPRESSION_V5'],
  problem: (op) => {
    if (op.opcode === 'NON_MAX_SUPPRESSION_V4') return undefined;
    const sigma = op.tensor(5)?.data[0];
    return sigma === 0 ? undefined : 'it lowers scores by overlap instead of dropping boxes';
  },
  lower(op) {
    const one = op.ints('one', [1]);
    const flat = (value: string, suffix: string) => op.emit('Reshape', [value, one], { suffix });
    const most = flat(op.as(2, 'int64'), 'most');
    const boxes = op.emit('Unsqueeze', [op.real(0), op.ints('batch', [0])], { suffix: 'boxes' });
    const scores = op.emit('Unsqueeze', [op.real(1), op.ints('classes', [0, 1])], { suffix: 'scores' });
    const limits = [flat(op.real(3), 'overlap'), flat(op.real(4), 'threshold')];
    const found = op.emit('NonMaxSuppression', [boxes, scores, most, ...limits]);
    const column = op.numbers('box', 'int64', [2]);
    const selected = op.emit('Gather', [found, column], { suffix: 'selected', attributes: { axis: int(1) } });
    op.give(0, fillUp(op, selected, most, 'int64', 'indices'), 'int64');
    const count = op.emit('Size', [selected], { suffix: 'count' });
    if (op.opcode === 'NON_MAX_SUPPRESSION_V4') {
      if (op.outputCount > 1) op.give(1, count, 'int64');
      return;
    }
    const kept = op.emit('Gather', [op.real(1), selected], { suffix: 'kept', attributes: { axis: int(0) } });
    if (op.outputCount > 1) op.give(1, fillUp(op, kept, most, 'float32', 'scores_filled'));
    if (op.outputCount > 2) op.give(2, count, 'int64');
  },
} satisfies OperatorFamily;
