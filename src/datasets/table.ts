// Rows from the query engine as a table: numbers, trimmed text, lists spread over columns.

import { type ColumnValues, openDuckDB, type QueryColumn } from '../encoding/duckdb.ts';
import { errors, type MlctlError } from '../errors.ts';
import type { Column, Source, Table } from './definition.ts';

type TableOptions = {
  /** The columns' names in order, where the format knows better than the engine. */
  readonly names?: readonly string[];
  /** Turns the engine's error into one about the file. */
  readonly explain?: (cause: Error) => MlctlError | Promise<MlctlError>;
};

/** Runs `sql`, whose parameter $1 is the file. Errors: DATA_EMPTY, DATA_INVALID, DATA_TOO_LARGE. */
export async function readTable(source: Source, sql: string, options: TableOptions): Promise<Table> {
  const { probe, shown } = source;
  const database = await openDuckDB();
  try {
    const { rows, columns } = await database.query(sql, [probe.path]);
    if (rows === 0) throw errors.DATA_EMPTY(shown, 'it names columns and nothing follows');
    return {
      path: shown,
      rows,
      columns: columns.flatMap((column, index) => spread(column, options.names?.[index])),
    };
  } catch (cause) {
    if (!(cause instanceof Error) || cause.name === 'MlctlError') throw cause;
    if (/Out of Memory/i.test(cause.message)) {
      throw errors.DATA_TOO_LARGE(shown, 'its rows do not fit in 2 GiB');
    }
    if (options.explain) throw await options.explain(cause);
    throw errors.DATA_INVALID(shown, firstLine(cause), undefined, undefined, cause);
  } finally {
    database.close();
  }
}

/** What the engine said, without its prefix and its advice on SQL options. */
export function firstLine(cause: Error): string {
  const line = cause.message.split('\n')[0] ?? '';
  return line.replace(/^[A-Z][\w ]* Error: /, '');
}

// pandas and R write these where a value is missing; datasets from UCI use the question mark.
export const missingWords: readonly string[] = ['', 'NA', 'N/A', 'NaN', 'nan', 'null', 'NULL', '?'];
const missing: ReadonlySet<string> = new Set(missingWords);

function spread({ name, values }: QueryColumn, better: string | undefined): Column[] {
  const named = better ?? name.trim();
  if (values.kind === 'number') return [{ name: named, ...values }];
  if (values.kind === 'list') return listColumns(named, values);
  let isEmpty = true;
  const texts = values.values.map((value) => {
    const text = value?.trim() ?? '';
    if (missing.has(text)) return null;
    isEmpty = false;
    return text;
  });
  if (!isEmpty) return [{ name: named, kind: 'text', values: texts }];
  return [{ name: named, kind: 'number', values: new Float64Array(texts.length).fill(Number.NaN) }];
}

/** A list of n numbers in every row becomes n columns, `x0 … xn`; lists of different lengths become text. */
function listColumns(name: string, { values }: Extract<ColumnValues, { kind: 'list' }>): Column[] {
  const length = values.find((list) => list !== null)?.length ?? 0;
  if (values.some((list) => list !== null && list.length !== length)) {
    return [{ name, kind: 'text', values: values.map((list) => list && JSON.stringify(list)) }];
  }
  const columns = Array.from({ length }, () => new Float64Array(values.length).fill(Number.NaN));
  values.forEach((list, row) => {
    list?.forEach((value, index) => {
      const column = columns[index];
      if (column) column[row] = value;
    });
  });
  return columns.map((column, index) => ({ name: `${name}${index}`, kind: 'number', values: column }));
}
