// MATRIX_DIAG puts the last axis on the diagonal of a matrix of zeros, MATRIX_SET_DIAG on that of given matrices.

import type { Op, OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['MATRIX_DIAG', 'MATRIX_SET_DIAG'],
  problem: (op) =>
    op
      .input(0)
      .shape.slice(op.opcode === 'MATRIX_DIAG' ? -1 : -2)
      .includes(null)
      ? 'the size of its matrices is not known'
      : undefined,
  lower(op) {
    const isSet = op.opcode === 'MATRIX_SET_DIAG';
    const [rows = 0, columns = 0] = isSet
      ? op.input(0).shape.slice(-2).map(Number)
      : [op.input(0).shape.at(-1), op.input(0).shape.at(-1)].map(Number);
    const dtype = op.work(0) === 'bool' ? 'int32' : op.work(0);
    const isOn = identity(op, rows, columns);
    // The diagonal is as long as the shorter side; it runs down the rows or along the columns.
    const axis = rows <= columns ? -1 : -2;
    const source = op.as(isSet ? 1 : 0, dtype);
    const diagonal = op.emit('Unsqueeze', [source, op.ints('axis', [axis])], { suffix: 'diagonal' });
    const rest = isSet ? op.as(0, dtype) : op.numbers('zero', dtype, [0]);
    op.give(0, op.emit('Where', [isOn, diagonal, rest]), dtype);
  },
} satisfies OperatorFamily;

/** True on the diagonal. */
function identity(op: Op, rows: number, columns: number): string {
  const range = (name: string, length: number) => {
    const limits = [0, length, 1].map((value, at) => op.numbers(`${name}_${at}`, 'int64', [value]));
    return op.emit('Range', limits, { suffix: name });
  };
  const column = op.emit('Unsqueeze', [range('rows', rows), op.ints('down', [1])], { suffix: 'column' });
  return op.emit('Equal', [column, range('columns', columns)], { suffix: 'on_diagonal' });
}
