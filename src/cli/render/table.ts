// Aligned columns without boxes on a terminal; tab-separated where another program reads: cut -f2 finds a cell then.

import type { Stream } from '../terminal.ts';

export type TableOptions = {
  /** Column numbers set flush right. */
  readonly right?: readonly number[];
};

export function table(
  rows: readonly (readonly string[])[],
  { isTTY }: Pick<Stream, 'isTTY'>,
  options: TableOptions = {},
): string {
  // Indentation is for the eye.
  if (!isTTY) return rows.map((cells) => cells.map((cell) => cell.trim()).join('\t')).join('\n');
  const widths: number[] = [];
  for (const cells of rows) {
    for (const [column, cell] of cells.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows
    .map((cells) =>
      cells
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          return options.right?.includes(column) ? cell.padStart(width) : cell.padEnd(width);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
