// The rows of one logged record as numbers, in the order of the layout. Missing values are NaN.

import type { Logged, Nested, PredictionRecord } from '../../server/record.ts';
import type { Feature, Field, Layout } from './layout.ts';
import { flatten, isSummary } from './layout.ts';

/** Rows of a record that was logged in full, or how many could not be used because an array was only summarised. */
export type RecordRows = { readonly rows: readonly Float64Array[]; readonly summarised: number };

export function rowsOf(record: PredictionRecord, layout: Layout): RecordRows {
  const count = record.rows;
  if (!record.inputs || !record.outputs || !Number.isSafeInteger(count) || count <= 0)
    return { rows: [], summarised: 0 };
  // The count is only believed when an array of that many rows is there.
  const isThere = layout.fields.some((field) => {
    const logged = (field.role === 'input' ? record.inputs : record.outputs)?.[field.tensor];
    return Array.isArray(logged) && logged.length === count;
  });
  if (count > 1 && !isThere) return { rows: [], summarised: count };
  const width = layout.features.length;
  const rows = Array.from({ length: count }, () => new Float64Array(width).fill(Number.NaN));
  for (const field of layout.fields) {
    const logged = (field.role === 'input' ? record.inputs : record.outputs)[field.tensor];
    if (logged === undefined) continue;
    if (!fill(rows, logged, field, layout)) return { rows: [], summarised: count };
  }
  return { rows, summarised: 0 };
}

/** False when the array was logged as a summary that says nothing about its single rows. */
function fill(rows: readonly Float64Array[], logged: Logged, field: Field, layout: Layout): boolean {
  if (isSummary(logged)) {
    const row = rows[0];
    if (rows.length !== 1 || field.reading !== 'summary' || !row) return false;
    row[field.start] = logged.mean ?? Number.NaN;
    row[field.start + 1] = logged.min ?? Number.NaN;
    row[field.start + 2] = logged.max ?? Number.NaN;
    return true;
  }
  const parts = Array.isArray(logged) && logged.length === rows.length ? logged : [logged];
  parts.forEach((part: Nested, index) => {
    const row = rows[index];
    if (row) readRow(flatten(part, []), field, layout.features, row);
  });
  return true;
}

function readRow(
  elements: readonly Nested[],
  field: Field,
  features: readonly Feature[],
  row: Float64Array,
): void {
  // Another shape than the layout's: a different model under the same name, or a damaged line.
  if (elements.length !== field.elements) return;
  if (field.reading === 'class') {
    row[field.start] = largest(elements);
    return;
  }
  if (field.reading === 'summary') {
    summarise(elements.map(toNumber), row, field.start);
    return;
  }
  elements.forEach((element, i) => {
    const dictionary = features[field.start + i]?.dictionary;
    row[field.start + i] = dictionary ? toCode(element, dictionary) : toNumber(element);
  });
}

/** Mean, min and max of the values that are there, into three places. */
export function summarise(values: ArrayLike<number>, row: Float64Array, start: number): void {
  let [sum, count, min, max] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) continue;
    sum += value;
    count += 1;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  row[start] = count > 0 ? sum / count : Number.NaN;
  row[start + 1] = count > 0 ? min : Number.NaN;
  row[start + 2] = count > 0 ? max : Number.NaN;
}

function largest(elements: readonly Nested[]): number {
  let best = Number.NaN;
  let at = Number.NaN;
  elements.forEach((element, index) => {
    const value = toNumber(element);
    if (value > best || (Number.isNaN(best) && !Number.isNaN(value))) {
      best = value;
      at = index;
    }
  });
  return at;
}

function toNumber(element: Nested | null): number {
  if (typeof element === 'number') return element;
  if (typeof element === 'boolean') return element ? 1 : 0;
  // Number('') is 0; an empty string is a missing value.
  return typeof element === 'string' && element !== '' ? Number(element) : Number.NaN;
}

function toCode(element: Nested | null, dictionary: { code(text: string): number }): number {
  return element === null || element === '' ? Number.NaN : dictionary.code(String(element));
}
