// Comma-, tab-, semicolon- or bar-separated text.

import { stat } from 'node:fs/promises';
import type { Context } from '../context.ts';
import { openDuckDB, sqlText } from '../encoding/duckdb.ts';
import { errors, type MlctlError } from '../errors.ts';
import type { DatasetFormat, Source, Table } from './definition.ts';
import { type ColumnType, type Dialect, detectDialect } from './dialect.ts';
import { HEAD_BYTES, looksLikeText, readHead, utf16Order } from './probe.ts';
import { withPlainCopy } from './spool.ts';
import { firstLine, missingWords, readTable } from './table.ts';

export default {
  name: 'csv',
  title: 'CSV (.csv, .tsv)',
  extensions: ['.csv', '.tsv', '.tab', '.txt', '.data'],
  match: ({ head }) => head.length > 0 && looksLikeText(head) && !startsAsJson(head),
  async read(source, context) {
    const { probe, shown } = source;
    const utf16 = utf16Order(probe.head);
    if (utf16) return tableOf(await withPlainCopy(source, utf16, (copy) => read(copy, utf16, context)));
    const asUtf8 = (plain: Source) => read(plain, 'utf-8', context);
    try {
      return tableOf(await (probe.isGzip ? withPlainCopy(source, undefined, asUtf8) : asUtf8(source)));
    } catch (cause) {
      if (!(cause instanceof NotUtf8)) throw cause;
    }
    context.diagnose({
      code: 'DATA_ENCODING',
      severity: 'note',
      message: `${shown} is not UTF-8; read as Windows-1252 (Latin-1)`,
      where: { file: shown },
    });
    const latin = 'windows-1252';
    return tableOf(await withPlainCopy(source, latin, (copy) => read(copy, latin, context)));
  },
} satisfies DatasetFormat;

class NotUtf8 extends Error {}

const tableOf = (table: Table) => ({ kind: 'table', table }) as const;

function startsAsJson(head: Uint8Array): boolean {
  const start = new TextDecoder().decode(head.subarray(0, 64)).trimStart();
  return start.startsWith('{') || start.startsWith('[');
}

// The longest line the query engine takes is 2 MB; a header of that length and a row below it fit in twice that.
const LONG_HEAD_BYTES = 4 * 2 ** 20;

/** The beginning of the file as text: at least its first line. */
async function sample({ probe }: Source, encoding: string): Promise<{ text: string; isWhole: boolean }> {
  const text = new TextDecoder(encoding).decode(probe.head);
  if (probe.head.length < HEAD_BYTES) return { text, isWhole: true };
  if (text.split('\n', 10).length === 10) return { text, isWhole: false };
  const { size } = await stat(probe.path);
  // The file read from is UTF-8, whatever the head was.
  const longer = new TextDecoder().decode(await readHead(probe.path, size, LONG_HEAD_BYTES));
  return { text: longer, isWhole: size <= LONG_HEAD_BYTES };
}

/** `encoding` is that of `probe.head`; the file at `probe.path` is UTF-8. */
async function read(source: Source, encoding: string, context: Context): Promise<Table> {
  const { shown, options } = source;
  const { text, isWhole } = await sample(source, encoding);
  if (text.trim() === '') throw errors.DATA_EMPTY(shown, 'it holds only white space');
  const dialect = detectDialect(text, isWhole, options);
  if (!dialect.hasHeader && options.header === undefined) {
    context.diagnose({
      code: 'DATA_NO_HEADER',
      severity: 'note',
      message: `${shown} has no header; its columns are column0 … column${dialect.names.length - 1}`,
      where: { file: shown, line: 1 },
    });
  }
  const run = (types: readonly ColumnType[]) =>
    readTable(source, readCsv(dialect, types), {
      names: dialect.names,
      explain: (cause) => explain(source, dialect, cause),
    });
  let table: Table;
  try {
    table = await run(dialect.types);
  } catch (cause) {
    if (!(cause instanceof OtherTypes)) throw cause;
    table = await run(await typesOfAll(source, dialect));
  }
  const isLinePerRow = !table.columns.some(
    (column) => column.kind === 'text' && column.values.some((value) => value?.includes('\n')),
  );
  return isLinePerRow ? { ...table, firstLine: dialect.hasHeader ? 2 : 1 } : table;
}

const sqlTypes: Readonly<Record<ColumnType, string>> = {
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  text: 'VARCHAR',
};

function readCsv(dialect: Dialect, types: readonly ColumnType[]): string {
  const columns = types.map((type, index) => `'c${index}': '${sqlTypes[type]}'`).join(', ');
  return `SELECT * FROM read_csv($1, auto_detect = false, columns = {${columns}},
    delim = ${sqlText(dialect.delimiter)}, quote = '"', escape = '"', header = ${dialect.hasHeader}, skip = 0,
    nullstr = [${missingWords.map(sqlText).join(', ')}], decimal_separator = '${dialect.decimal}',
    null_padding = false, strict_mode = true, compression = 'none')`;
}

/** A value further down is not what the first lines promised. */
class OtherTypes extends Error {}

/** Which columns are numbers in every row: one pass over the file as text. */
async function typesOfAll(source: Source, dialect: Dialect): Promise<ColumnType[]> {
  const asText = readCsv(
    dialect,
    dialect.types.map(() => 'text'),
  );
  const decimal = (name: string) => (dialect.decimal === ',' ? `replace(${name}, ',', '.')` : name);
  const checks = dialect.types.flatMap((_, index) => {
    const value = `trim(c${index})`;
    const words = missingWords.map(sqlText).join(', ');
    const present = `(${value} IS NULL OR ${value} IN (${words})`;
    return [
      `bool_and(${present} OR TRY_CAST(${decimal(value)} AS DOUBLE) IS NOT NULL))`,
      `bool_and(${present} OR lower(${value}) IN ('true', 'false')))`,
    ];
  });
  const database = await openDuckDB();
  try {
    const { columns } = await database.query(`SELECT ${checks.join(', ')} FROM (${asText})`, [
      source.probe.path,
    ]);
    const isTrue = (index: number) => columns[index]?.values.values[0] === 1;
    return dialect.types.map((_, index) =>
      isTrue(2 * index) ? 'number' : isTrue(2 * index + 1) ? 'boolean' : 'text',
    );
  } catch (cause) {
    throw await explain(source, dialect, cause as Error);
  } finally {
    database.close();
  }
}

/** The engine's words about a line, in ours. */
function explain({ shown }: Source, dialect: Dialect, cause: Error): MlctlError {
  const { message } = cause;
  if (/Invalid unicode|not utf-8/i.test(message)) throw new NotUtf8();
  if (/Could not convert string/.test(message)) throw new OtherTypes();
  const line = /CSV Error on Line: (\d+)/.exec(message)?.[1];
  const where = line === undefined ? undefined : { line: Number(line) };
  const fields = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(message);
  const basis = dialect.hasHeader ? 'the header' : 'the first line';
  if (fields) {
    const problem = `${fields[2]} fields, and ${basis} has ${fields[1]}`;
    return errors.DATA_INVALID(shown, problem, where, 'quote fields that contain the separator');
  }
  if (/unterminated quote/.test(message)) {
    return errors.DATA_INVALID(shown, 'a quote is opened and never closed', where);
  }
  if (/Maximum line size/.test(message)) {
    return errors.DATA_INVALID(shown, 'the line is longer than 2 MB', where);
  }
  return errors.DATA_INVALID(shown, firstLine(cause), where, undefined, cause);
}
