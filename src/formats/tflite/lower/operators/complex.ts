// RFFT2D and what its result is made into: REAL, IMAG, COMPLEX_ABS. ONNX has no complex numbers to speak of: the two parts
// are values of their own.

import { int } from '../../../../graph/attribute.ts';
import type { Op, OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['RFFT2D', 'REAL', 'IMAG', 'COMPLEX_ABS'],
  problem: (op) =>
    op.opcode === 'RFFT2D' && op.integers(1) === undefined ? 'its length is computed' : undefined,
  lower(op) {
    if (op.opcode === 'RFFT2D') {
      op.giveParts(0, transform(op));
      return;
    }
    const [real, imaginary] = op.parts(0);
    if (op.opcode === 'REAL') op.give(0, op.emit('Identity', [real]));
    else if (op.opcode === 'IMAG') op.give(0, op.emit('Identity', [imaginary]));
    else {
      const square = (value: string, suffix: string) => op.emit('Mul', [value, value], { suffix });
      const sum = op.emit('Add', [square(real, 'real_square'), square(imaginary, 'imaginary_square')], {
        suffix: 'sum',
      });
      op.give(0, op.emit('Sqrt', [sum]));
    }
  },
} satisfies OperatorFamily;

/** Along the last axis, where the second half of the result mirrors the first, then along the one before. */
function transform(op: Op): readonly [string, string] {
  const [rows = 1, columns = 1] = op.constant(1, 'its length');
  const rank = op.input(0).shape.length;
  const paired = op.emit('Unsqueeze', [op.real(0), op.ints('parts', [rank])], { suffix: 'paired' });
  const dft = (value: string, length: number, axis: number, isReal: boolean, suffix: string) =>
    op.emit(
      'DFT',
      [
        value,
        op.numbers(`${suffix}/length`, 'int64', [length]),
        op.numbers(`${suffix}/axis`, 'int64', [axis]),
      ],
      {
        suffix,
        attributes: { onesided: int(isReal ? 1 : 0) },
      },
    );
  const along = dft(paired, columns, rank - 1, true, 'along');
  const across = dft(along, rows, rank - 2, false, 'across');
  const [real, imaginary] = [0, 1].map((part) =>
    op.emit('Gather', [across, op.numbers(`part_${part}`, 'int64', [part])], {
      suffix: part === 0 ? 'real' : 'imaginary',
      attributes: { axis: int(rank) },
    }),
  );
  return [real ?? '', imaginary ?? ''];
}
