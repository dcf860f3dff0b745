// PAD, PADV2 (with a value) and MIRROR_PAD. TFLite gives pairs per axis, ONNX all beginnings and then all ends.

import { int, string } from '../../../../graph/attribute.ts';
import type { Op, OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['PAD', 'PADV2', 'MIRROR_PAD'],
  problem: (op) => {
    if (op.opcode !== 'MIRROR_PAD' || op.word('mode') === 'REFLECT') return undefined;
    if (op.integers(1) === undefined) return 'its symmetric padding is computed';
    return op.input(0).shape.includes(null)
      ? 'it mirrors an axis of unknown length, borders included'
      : undefined;
  },
  lower(op) {
    const { inputs, give, dtype, zero } = op.carry([0], ['int16', 'uint16']);
    const [x = ''] = inputs;
    if (op.opcode === 'MIRROR_PAD') {
      if (op.word('mode') === 'REFLECT') {
        give(0, op.emit('Pad', [x, padsOf(op)], { attributes: { mode: string('reflect') } }));
      } else give(0, symmetric(op, x));
      return;
    }
    const hasValue = op.opcode === 'PADV2' && op.hasInput(2);
    const value = hasValue
      ? dtype === op.input(2).dtype
        ? op.stored(2)
        : op.as(2, dtype)
      : op.numbers('value', dtype, [zero]);
    const scalar =
      hasValue && op.input(2).shape.length > 0
        ? op.emit('Reshape', [value, op.ints('none', [])], { suffix: 'value' })
        : value;
    give(0, op.emit('Pad', [x, padsOf(op), scalar]));
  },
} satisfies OperatorFamily;

function padsOf(op: Op): string {
  const given = op.integers(1);
  if (given !== undefined) {
    const even = given.filter((_, index) => index % 2 === 0);
    return op.ints('pads', [...even, ...given.filter((_, index) => index % 2 === 1)]);
  }
  const wide = op.cast(op.stored(1), 'int64', 'pairs');
  const turned = op.emit('Transpose', [wide], { suffix: 'turned', attributes: { perm: int([1, 0]) } });
  return op.emit('Reshape', [turned, op.ints('flat', [-1])], { suffix: 'pads' });
}

/** Borders included, which ONNX has no word for: each axis is gathered in its new order. */
function symmetric(op: Op, x: string): string {
  const pads = op.constant(1, 'its padding');
  return op.input(0).shape.reduce((value: string, dim, axis) => {
    const [length, before, after] = [Number(dim), pads[2 * axis] ?? 0, pads[2 * axis + 1] ?? 0];
    if (before === 0 && after === 0) return value;
    if (before > length || after > length || before < 0 || after < 0) {
      op.fail(`it pads an axis of ${length} by ${before} and ${after}`);
    }
    const order = Array.from({ length: before + length + after }, (_, place) => {
      const at = place - before;
      return at < 0 ? -1 - at : at < length ? at : 2 * length - 1 - at;
    });
    const indices = op.ints(`order_${axis}`, order);
    return op.emit('Gather', [value, indices], { suffix: `axis_${axis}`, attributes: { axis: int(axis) } });
  }, x);
}
