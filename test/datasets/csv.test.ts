// CSV as people write it: separators, headers, encodings, gaps; and what is wrong named with its line.

import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ReadOptions, Table } from '../../src/datasets/definition.ts';
import { readDataset } from '../../src/datasets/read.ts';
import { temporaryFolder } from './folder.ts';

const folder = temporaryFolder();
let files = 0;

async function read(content: string | Uint8Array, options: ReadOptions = {}, name?: string): Promise<Table> {
  const file = folder.write(name ?? `${files++}.csv`, content);
  const dataset = await readDataset(file, folder.context, options);
  if (dataset.kind !== 'table') throw new Error('not a table');
  return dataset.table;
}

/** Columns as plain values, NaN as null. */
function plain(table: Table): Record<string, (number | string | null)[]> {
  return Object.fromEntries(
    table.columns.map(({ name, values }) => [
      name,
      Array.from(values as ArrayLike<number | string | null>, (value) =>
        Number.isNaN(value) ? null : value,
      ),
    ]),
  );
}

describe('what is read', () => {
  it.each([
    ['commas', 'a,b\n1,x\n2.5,y\n'],
    ['semicolons', 'a;b\n1;x\n2.5;y\n'],
    ['tabs', 'a\tb\n1\tx\n2.5\ty\n'],
    ['bars', 'a|b\n1|x\n2.5|y\n'],
    ['Windows line ends', 'a,b\r\n1,x\r\n2.5,y\r\n'],
    ['no newline at the end', 'a,b\n1,x\n2.5,y'],
    ['blank lines', 'a,b\n1,x\n\n2.5,y\n\n'],
    ['a byte order mark', '\ufeffa,b\n1,x\n2.5,y\n'],
    ['spaces around values', 'a, b\n1 , x\n 2.5, y \n'],
    ['quotes', '"a","b"\n"1","x"\n"2.5","y"\n'],
    ['UTF-16', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('a,b\n1,x\n2.5,y\n', 'utf16le')])],
    ['gzip', gzipSync('a,b\n1,x\n2.5,y\n')],
    ['decimal commas with semicolons', 'a;b\n1;x\n2,5;y\n'],
  ])('%s', async (_, content) => {
    expect(plain(await read(content))).toEqual({ a: [1, 2.5], b: ['x', 'y'] });
  });

  it('quoted separators, quotes and newlines', async () => {
    const table = await read('a,b\n"x, ""y""",1\n"two\nlines",2\n');
    expect(plain(table)).toEqual({ a: ['x, "y"', 'two\nlines'], b: [1, 2] });
    expect(table.firstLine).toBeUndefined();
  });

  it('missing values, in numbers and in text', async () => {
    const table = await read('a,b\n1,x\n,\nNA,NA\nNaN,null\n?, ?\n2,y\n');
    expect(plain(table)).toEqual({
      a: [1, null, null, null, null, 2],
      b: ['x', null, null, null, null, 'y'],
    });
  });

  it('booleans as 0 and 1, a column of gaps as numbers', async () => {
    expect(plain(await read('a,b\ntrue,\nFalse,\n'))).toEqual({ a: [1, 0], b: [null, null] });
  });

  it('numbers in every notation, exactly', async () => {
    const table = await read('a\n1e-3\n-0.1\n+7\n.5\n123456789.12345679\ninf\n');
    expect(table.columns[0]?.values).toEqual(
      Float64Array.of(1e-3, -0.1, 7, 0.5, 123456789.12345679, Number.POSITIVE_INFINITY),
    );
  });

  it('a word far below numbers makes the column text', async () => {
    const table = await read(`a,b\n${'1,2\n'.repeat(60_000)}x,3\n`);
    expect(table.rows).toBe(60_001);
    expect(table.columns.map(({ kind }) => kind)).toEqual(['text', 'number']);
  });

  it('Latin-1, with a note', async () => {
    const table = await read(Buffer.from('città,b\nperché,1\n', 'latin1'));
    expect(plain(table)).toEqual({ città: ['perché'], b: [1] });
    expect(folder.diagnostics.map(({ code }) => code)).toContain('DATA_ENCODING');
  });

  it('a path with quotes and wildcards means itself', async () => {
    folder.write('x1.csv', 'other\n9\n');
    expect(plain(await read('a\n1\n', {}, "it's [x]*.csv"))).toEqual({ a: [1] });
  });

  it('duplicate and empty names made unique', async () => {
    expect(Object.keys(plain(await read('a,a,,b\n1,2,3,4\n')))).toEqual(['a', 'a_1', 'column2', 'b']);
  });
});

describe('headers', () => {
  it.each([
    ['all words', 'x,y\na,b\n', ['x', 'y'], 1],
    ['a word over numbers', 'x,2019\n1,5\n2,6\n', ['x', '2019'], 2],
    ['numbers only: none', '1,2\n3,4\n', ['column0', 'column1'], 2],
    ['words and numbers as below: none', '5.1,setosa\n4.9,setosa\n', ['column0', 'column1'], 2],
    ['a gap over numbers is no word', '?,1\n2,3\n', ['column0', 'column1'], 2],
  ])('%s', async (_, content, names, rows) => {
    const table = await read(content);
    expect([table.columns.map(({ name }) => name), table.rows]).toEqual([names, rows]);
  });

  it('can be said', async () => {
    expect((await read('1,2\n3,4\n', { header: true })).columns.map(({ name }) => name)).toEqual(['1', '2']);
    expect((await read('x,y\na,b\n', { header: false })).rows).toBe(2);
    expect((await read('x y\n1 2\n', { delimiter: ' ' })).columns).toHaveLength(2);
  });

  it('lines are counted for errors', async () => {
    expect((await read('a\n1\n')).firstLine).toBe(2);
    expect((await read('1\n2\n')).firstLine).toBe(1);
  });
});

describe('what is wrong', () => {
  it.each([
    ['empty', '', 'DATA_EMPTY', /it is empty/],
    ['white space', ' \n \n', 'DATA_EMPTY', /only white space/],
    ['header only', 'a,b\n', 'DATA_EMPTY', /names columns and nothing follows/],
    ['a row too short', 'a,b,c\n1,2,3\n4,5\n', 'DATA_INVALID', /:3: 2 fields, and the header has 3/],
    ['a row too long', 'a,b\n1,2\n3,4\n5,6,7\n', 'DATA_INVALID', /:4: 3 fields, and the header has 2/],
    ['an open quote', 'a,b\n1,2\n"3,4\n', 'DATA_INVALID', /:3: a quote is opened/],
    ['a line of 3 MB', `a,b\n1,${'x'.repeat(3e6)}\n`, 'DATA_INVALID', /:2: the line is longer/],
    [
      'gzip cut short',
      gzipSync(`a,b\n${'1,2\n'.repeat(1000)}`).subarray(0, 40),
      'DATA_INVALID',
      /compression/,
    ],
    ['gzip with an error', damaged(gzipSync(`a\n${'1\n2\n'.repeat(1000)}`)), 'DATA_INVALID', /compression/],
    ['a pickle', Uint8Array.of(0x80, 4, 0x95, 0, 0), 'DATA_UNKNOWN', /pickle, which mlctl never loads/],
    ['JSON that is not lines', '[{"a": 1}]', 'DATA_UNKNOWN', /neither a table nor JSON lines/],
    ['bytes', Uint8Array.of(1, 2, 3, 0, 0), 'DATA_UNKNOWN', /first bytes fit none/],
  ])('%s', async (_, content, code, message) => {
    await expect(read(content)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('a file that is not there, a folder', async () => {
    await expect(readDataset('nope.csv', folder.context)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(readDataset('.', folder.context)).rejects.toMatchObject({ code: 'DATA_UNKNOWN' });
  });
});

function damaged(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const middle = copy.length >> 1;
  copy[middle] = (copy[middle] ?? 0) ^ 0xff;
  return copy;
}

it('a header longer than the first look at the file', async () => {
  const names = Array.from({ length: 12_000 }, (_, index) => `column name ${index}`);
  const table = await read(`${names.join(',')}\n${names.map((_, index) => index).join(',')}\n`);
  expect(table.columns.map(({ name }) => name)).toEqual(names);
  expect(table.columns.at(-1)?.values).toEqual(Float64Array.of(11_999));
});
