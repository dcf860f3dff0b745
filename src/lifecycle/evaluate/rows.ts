// Which rows are used: those asked for, without the ones that have missing values or with the gaps filled.

import type { Column } from '../../datasets/definition.ts';
import { errors } from '../../errors.ts';
import { elementCount, type Tensor, type TypedArray } from '../../graph/tensor.ts';
import { firstMissing, keepRows } from './columns.ts';
import type { InputSource } from './sources.ts';

export const missingPolicies = ['error', 'zero', 'drop', 'keep'] as const;

/** error: refuse · zero: put 0 · drop: leave the row out · keep: give the model NaN. */
export type MissingPolicy = (typeof missingPolicies)[number];

export type Rows = {
  readonly rows: number;
  readonly sources: readonly InputSource[];
  readonly target: readonly Column[];
  /** Row of the file for every row used; undefined when they are the same. */
  readonly origin: readonly number[] | undefined;
};

export type Place = (row: number) => string;

/** Errors: FEATURES_MISMATCH or LABEL_INVALID naming the column and the first place without a value; DATA_EMPTY. */
export function selectRows(
  all: Omit<Rows, 'origin'>,
  policy: MissingPolicy,
  limit: number | undefined,
  shown: string,
  place: Place,
): Rows {
  const count = Math.min(all.rows, limit ?? all.rows);
  const first = count < all.rows ? narrow(all, range(count)) : { ...all, origin: undefined };
  if (policy === 'drop') return dropped(first, shown);
  for (const column of first.target) {
    const row = firstMissing(column);
    if (row !== undefined) {
      throw errors.LABEL_INVALID(
        `${shown}: the target ${JSON.stringify(column.name)} has no value in ${place(row)}`,
        'leave such rows out with --missing drop',
      );
    }
  }
  if (policy === 'keep') return first;
  const sources = first.sources.map((source) => {
    if (source.kind === 'array') {
      return policy === 'zero' ? { ...source, array: zeroFilled(source.array) } : checkedArray(source, shown);
    }
    return { ...source, columns: source.columns.map((column) => filled(column, policy, shown, place)) };
  });
  return { ...first, sources };
}

function filled(column: Column, policy: 'error' | 'zero', shown: string, place: Place): Column {
  const row = firstMissing(column);
  if (row === undefined || column.kind === 'text') return column;
  if (policy === 'zero') {
    return { ...column, values: column.values.map((value) => (Number.isNaN(value) ? 0 : value)) };
  }
  throw errors.FEATURES_MISMATCH(
    `${shown}: column ${JSON.stringify(column.name)} has no value in ${place(row)}`,
    'leave such rows out with --missing drop, put 0 with --missing zero, or give the model NaN with --missing keep',
  );
}

/** Row of the first NaN of an array; -1 when there is none. */
function nanRow({ dtype, dims, data }: Tensor): number {
  if (dtype !== 'float32' && dtype !== 'float64') return -1;
  const at = (data as Float32Array).findIndex((value) => Number.isNaN(value));
  return at < 0 ? -1 : Math.floor(at / elementCount(dims.slice(1)));
}

function checkedArray(source: Extract<InputSource, { kind: 'array' }>, shown: string): InputSource {
  const row = nanRow(source.array);
  if (row < 0) return source;
  throw errors.FEATURES_MISMATCH(
    `${shown}: ${source.name} is NaN in row ${row}`,
    'leave such rows out with --missing drop, put 0 with --missing zero, or give the model NaN with --missing keep',
  );
}

function zeroFilled(array: Tensor): Tensor {
  if (nanRow(array) < 0) return array;
  return { ...array, data: (array.data as Float32Array).map((value) => (Number.isNaN(value) ? 0 : value)) };
}

function dropped(all: Rows, shown: string): Rows {
  const keep = new Uint8Array(all.rows).fill(1);
  for (const source of all.sources) {
    if (source.kind === 'array') markNaN(source.array, keep);
    else for (const column of source.columns) markMissing(column, keep);
  }
  for (const column of all.target) markMissing(column, keep);
  const rows = range(all.rows).filter((row) => keep[row] === 1);
  if (rows.length === 0) throw errors.DATA_EMPTY(shown, 'every row has a missing value');
  return rows.length === all.rows ? all : narrow(all, rows);
}

function markMissing(column: Column, keep: Uint8Array): void {
  column.values.forEach((value: number | string | null, row: number) => {
    if (value === null || Number.isNaN(value)) keep[row] = 0;
  });
}

function markNaN({ dtype, dims, data }: Tensor, keep: Uint8Array): void {
  if (dtype !== 'float32' && dtype !== 'float64') return;
  const perRow = elementCount(dims.slice(1));
  (data as Float32Array).forEach((value, at) => {
    if (Number.isNaN(value)) keep[Math.floor(at / perRow)] = 0;
  });
}

function narrow(all: Omit<Rows, 'origin'>, rows: readonly number[]): Rows {
  return {
    rows: rows.length,
    origin: rows,
    target: all.target.map((column) => keepRows(column, rows)),
    sources: all.sources.map((source) =>
      source.kind === 'array'
        ? { ...source, array: rowsOf(source.array, rows) }
        : { ...source, columns: source.columns.map((column) => keepRows(column, rows)) },
    ),
  };
}

function rowsOf(array: Tensor, rows: readonly number[]): Tensor {
  const dims = [rows.length, ...array.dims.slice(1)];
  const perRow = elementCount(dims.slice(1));
  if (array.dtype === 'string') {
    const texts = array.data as readonly string[];
    return { ...array, dims, data: rows.flatMap((row) => texts.slice(row * perRow, (row + 1) * perRow)) };
  }
  const from = array.data as TypedArray;
  const data = from.slice(0, rows.length * perRow);
  rows.forEach((row, at) => {
    data.set(from.subarray(row * perRow, (row + 1) * perRow) as never, at * perRow);
  });
  return { ...array, dims, data };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
