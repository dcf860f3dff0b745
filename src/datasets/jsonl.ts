// JSON lines: one object per line, its keys are the columns.

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { errors, type MlctlError } from '../errors.ts';
import type { DatasetFormat, Source, Table } from './definition.ts';
import { withPlainCopy } from './spool.ts';
import { readTable } from './table.ts';

export default {
  name: 'jsonl',
  title: 'JSON lines (.jsonl, .ndjson)',
  extensions: ['.jsonl', '.ndjson'],
  match: ({ head }) => {
    const start = new TextDecoder().decode(head.subarray(0, 256)).trimStart();
    return start.startsWith('{');
  },
  async read(source) {
    const table = await (source.probe.isGzip ? withPlainCopy(source, undefined, read) : read(source));
    return { kind: 'table', table };
  },
} satisfies DatasetFormat;

async function read(source: Source): Promise<Table> {
  const sql = `SELECT * FROM read_json($1, format = 'newline_delimited', records = true, sample_size = -1,
    maximum_object_size = 67108864, compression = 'uncompressed')`;
  const table = await readTable(source, sql, { explain: (cause) => badLine(source, cause) });
  return { ...table, firstLine: 1 };
}

/** DuckDB's line numbers are those of its own buffers; the first bad line is found by reading again. */
async function badLine({ probe, shown }: Source, cause: Error): Promise<MlctlError> {
  const raw = createReadStream(probe.path);
  const lines = createInterface({ input: raw });
  let line = 0;
  try {
    for await (const text of lines) {
      line++;
      const problem = problemOf(text.replace(/^\ufeff/, ''));
      if (problem) return errors.DATA_INVALID(shown, problem, { line });
    }
  } finally {
    lines.close();
    raw.destroy();
  }
  return errors.DATA_INVALID(shown, cause.message.split('\n')[0] ?? '', undefined, undefined, cause);
}

function problemOf(text: string): string | undefined {
  if (text.trim() === '') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return undefined;
    return `expected one object per line, found ${Array.isArray(value) ? 'an array' : JSON.stringify(value)}`;
  } catch (cause) {
    return `not valid JSON: ${(cause as Error).message}`;
  }
}
