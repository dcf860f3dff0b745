// Aligned columns without boxes. Tab-separated when the stream is not a terminal and `piped` is asked for.

import type { Stream } from '../terminal.ts';

export type TableOptions = {
  /** Column numbers set flush right. */
  readonly right?: readonly number[];
  /** Tab-separated when piped: for rows that another program may cut. */
  readonly tabs?: boolean;
};

export function table(
  rows: readonly (readonly string[])[],
  stream: Pick<Stream, 'isTTY'>,
  options: TableOptions = {},
): string {
  if (options.tabs && !stream.isTTY)
    return rows.map((cells) => cells.map((cell) => cell.trim()).join('\t')).join('\n');
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
