// Parquet and JSON lines.

import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import type { Table } from '../../src/datasets/definition.ts';
import { readDataset } from '../../src/datasets/read.ts';
import { temporaryFolder } from './folder.ts';

const folder = temporaryFolder();

async function read(path: string): Promise<Table> {
  const dataset = await readDataset(path, folder.context);
  if (dataset.kind !== 'table') throw new Error('not a table');
  return dataset.table;
}

const plain = (table: Table) => table.columns.map(({ name, kind, values }) => [name, kind, [...values]]);

it('parquet: numbers, text, dates, lists', async () => {
  const path = fileURLToPath(new URL('../../fixtures/datasets/mixed.parquet', import.meta.url));
  expect(plain(await read(path))).toEqual([
    ['whole', 'number', [1, 2]],
    ['single', 'number', [0.5, Number.NaN]],
    ['flag', 'number', [1, 0]],
    ['species', 'text', ['setosa', null]],
    ['price', 'number', [12.25, 0.5]],
    ['day', 'text', ['2024-02-29', null]],
    ['pair0', 'number', [1, 3]],
    ['pair1', 'number', [2, 4]],
    ['ragged', 'text', ['[1]', '[1,2]']],
    ['huge', 'number', [9007199254740992, 1]],
  ]);
});

it('JSON lines: missing keys, types that change late, gzip', async () => {
  const lines = `{"a":1,"b":"x","v":[1,2]}\n\n{"a":2.5,"v":[3,4]}\n`;
  const wanted = [
    ['a', 'number', [1, 2.5]],
    ['b', 'text', ['x', null]],
    ['v0', 'number', [1, 3]],
    ['v1', 'number', [2, 4]],
  ];
  expect(plain(await read(folder.write('a.jsonl', lines)))).toEqual(wanted);
  expect(plain(await read(folder.write('a.jsonl.gz', gzipSync(lines))))).toEqual(wanted);
  const late = await read(
    folder.write('late.jsonl', `${'{"a":1}\n'.repeat(30_000)}{"a":"word","new":true}\n`),
  );
  expect([late.rows, late.columns.map(({ name, kind }) => [name, kind])]).toEqual([
    30_001,
    [
      ['a', 'text'],
      ['new', 'number'],
    ],
  ]);
});

it.each([
  ['broken JSON', '{"a":1}\n\n{"a":\n', /:3: not valid JSON/],
  ['an array', '{"a":1}\n[1]\n', /:2: expected one object per line, found an array/],
  ['a number', '{"a":1}\n7\n', /:2: expected one object per line, found 7/],
])('JSON lines with %s', async (_, content, message) => {
  await expect(read(folder.write('bad.jsonl', content))).rejects.toMatchObject({
    code: 'DATA_INVALID',
    message: expect.stringMatching(message),
  });
});

it('parquet that is not', async () => {
  await expect(read(folder.write('bad.parquet', 'PAR1 and then nothing PAR1'))).rejects.toMatchObject({
    code: 'DATA_INVALID',
  });
});
