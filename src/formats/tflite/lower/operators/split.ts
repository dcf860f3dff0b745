// SPLIT into equal parts, SPLIT_V into parts of given lengths, UNPACK into slices without their axis.

import { int } from '../../../../graph/attribute.ts';
import type { Op, OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['SPLIT', 'SPLIT_V', 'UNPACK'],
  problem: (op) => {
    if (op.opcode === 'UNPACK') return undefined;
    const axis = op.opcode === 'SPLIT' ? 0 : 2;
    return op.integers(axis) === undefined ? 'its axis is computed' : undefined;
  },
  lower(op) {
    const data = op.opcode === 'SPLIT' ? 1 : 0;
    const rank = op.input(data).shape.length;
    const axis = op.axis(axisOf(op), rank);
    const count = op.outputCount;
    const { inputs, give } = op.carry([data]);
    const lengths = op.opcode === 'SPLIT_V' ? [lengthsOf(op, axis)] : [];
    const parts = op.emitAll('Split', [...inputs, ...lengths], count, {
      suffix: op.opcode === 'UNPACK' ? 'split' : '',
      attributes: { axis: int(axis), ...(lengths.length === 0 ? { num_outputs: int(count) } : {}) },
    });
    parts.forEach((part, index) => {
      if (op.opcode !== 'UNPACK') {
        give(index, part);
        return;
      }
      const axes = op.ints(`axis_${index}`, [axis]);
      give(index, op.emit('Squeeze', [part, axes], index === 0 ? {} : { suffix: `${index}` }));
    });
  },
} satisfies OperatorFamily;

function axisOf(op: Op): number {
  if (op.opcode === 'UNPACK') return op.int('axis', 0);
  return op.constant(op.opcode === 'SPLIT' ? 0 : 2, 'its axis')[0] ?? 0;
}

/** One length may be -1: what is left. */
function lengthsOf(op: Op, axis: number): string {
  const given = op.integers(1);
  if (given === undefined) return op.cast(op.stored(1), 'int64', 'lengths');
  const total = op.input(0).shape[axis];
  const open = given.indexOf(-1);
  if (open < 0) return op.ints('lengths', given);
  if (typeof total !== 'number') return op.refuse('the length of the axis it splits is not known');
  const rest = total - given.reduce((sum, length) => sum + Math.max(length, 0), 0);
  if (rest < 0) op.fail(`it splits ${total} elements into ${given.join(', ')}`);
  return op.ints('lengths', given.with(open, rest));
}
