// Finding columns of a table the way people name them: by name, or by position.

import type { Column, Dataset, Table } from '../../datasets/definition.ts';
import { errors } from '../../errors.ts';
import { didYouMean } from '../../nearest.ts';

/**
 * The column called `name`; otherwise, for a whole number, the one at that position from 0, negative from the end.
 * Errors: COLUMN_MISSING with the nearest name.
 */
export function findColumn(table: Table, name: string): Column {
  const byName = table.columns.find((column) => column.name === name);
  if (byName) return byName;
  const position = /^-?\d{1,9}$/.test(name) ? Number(name) : Number.NaN;
  const byPosition = table.columns.at(position);
  if (Number.isInteger(position) && byPosition && position >= -table.columns.length) return byPosition;
  throw errors.COLUMN_MISSING(table.path, name, didYouMean(name, columnNames(table)));
}

export function columnNames({ columns }: Table): string[] {
  return columns.map((column) => column.name);
}

/** Names of the columns or arrays; images have none. */
export function namesIn(dataset: Dataset): string[] {
  if (dataset.kind === 'images') return [];
  return dataset.kind === 'table' ? columnNames(dataset.table) : [...dataset.arrays.keys()];
}

/** At most 20 names for a message. */
export function listColumns(names: readonly string[]): string {
  const shown = names.slice(0, 20).join(', ');
  return names.length > 20 ? `${shown} and ${names.length - 20} more` : shown;
}

/** First row in which the column has no value. */
export function firstMissing(column: Column): number | undefined {
  const at =
    column.kind === 'text'
      ? column.values.indexOf(null)
      : column.values.findIndex((value) => Number.isNaN(value));
  return at < 0 ? undefined : at;
}

/** `line 12` where rows are lines, else `row 10`. */
export function placeOf(table: Table, row: number): { readonly line: number } | undefined {
  return table.firstLine === undefined ? undefined : { line: table.firstLine + row };
}

export function spellPlace(table: Table, row: number): string {
  const place = placeOf(table, row);
  return place ? `line ${place.line}` : `row ${row}`;
}

export function keepRows(column: Column, rows: readonly number[]): Column {
  return column.kind === 'text'
    ? { ...column, values: rows.map((row) => column.values[row] ?? null) }
    : { ...column, values: Float64Array.from(rows, (row) => column.values[row] as number) };
}
