// RESHAPE: to the shape of its second input, or of its options in older files.

import { int } from '../../../../graph/attribute.ts';
import type { Op, OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['RESHAPE', 'STABLEHLO_RESHAPE'],
  lower(op) {
    const { inputs, give } = op.carry([0]);
    const [x = ''] = inputs;
    if (op.hasInput(1) && op.integers(1) === undefined) {
      give(0, op.emit('Reshape', [x, op.cast(op.stored(1), 'int64', 'shape')]));
      return;
    }
    const wanted = op.integers(1) ?? stated(op);
    // In ONNX a zero means "as it was" unless told otherwise.
    const attributes = wanted.includes(0) ? { allowzero: int(1) } : {};
    give(0, op.emit('Reshape', [x, op.ints('shape', wanted)], { attributes }));
  },
} satisfies OperatorFamily;

/** The shape in the options, otherwise the declared one of the output. */
function stated(op: Op): readonly number[] {
  const listed = op.opcode === 'RESHAPE' ? op.list('newShape') : [];
  // Old files write a scalar as [0].
  if (listed.length === 1 && listed[0] === 0) return [];
  if (listed.length > 0) return listed;
  const { shape } = op.output();
  if (shape.filter((dim) => typeof dim !== 'number').length > 1) op.fail('it says nowhere to which shape');
  return shape.map((dim) => (typeof dim === 'number' ? dim : -1));
}
