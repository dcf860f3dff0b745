// NumPy and IDX files, made by NumPy (fixtures/datasets/make.py), and damaged ones.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { readDataset } from '../../src/datasets/read.ts';
import { decodeNpy, encodeNpy } from '../../src/encoding/npy.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { toNumbers } from '../../src/lifecycle/evaluate/numbers.ts';
import { temporaryFolder } from './folder.ts';

const folder = temporaryFolder();
const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/datasets/${name}`, import.meta.url));
const expected = JSON.parse(readFileSync(fixture('expected.json'), 'utf8')) as Record<string, number[]>;

async function arrays(path: string): Promise<ReadonlyMap<string, Tensor>> {
  const dataset = await readDataset(path, folder.context);
  if (dataset.kind !== 'arrays') throw new Error('not arrays');
  return dataset.arrays;
}

describe('npy', () => {
  it.each(Object.entries(expected))('%s', async (name, values) => {
    const array = (await arrays(fixture(name))).get('data') as Tensor;
    expect([...toNumbers(array)]).toEqual(values);
    expect(array.dims).toEqual(name === 'fortran.npy' ? [2, 3, 4] : [2, 3]);
  });

  it('text and bytes', async () => {
    expect((await arrays(fixture('text.npy'))).get('data')?.data).toEqual(['setosa', 'ä', '']);
    expect((await arrays(fixture('bytes.npy'))).get('data')?.data).toEqual(['no', 'yes']);
  });

  it.each([
    ['pickled.npy', 'DATA_INVALID', /pickled Python objects, which mlctl never loads/],
    ['records.npy', 'DATA_INVALID', /records/],
    ['complex.npy', 'DATA_INVALID', /complex numbers/],
    ['no-rows.npy', 'DATA_EMPTY', /shape \(0, 4\)/],
  ])('%s is refused', async (name, code, message) => {
    await expect(arrays(fixture(name))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('is written as NumPy writes it', () => {
    for (const [name, dtype] of [
      ['le-f4.npy', 'float32'],
      ['le-i8.npy', 'int64'],
      ['u1.npy', 'uint8'],
    ] as const) {
      const bytes = readFileSync(fixture(name));
      const { dims, data } = decodeNpy(bytes);
      expect(Buffer.from(encodeNpy(dtype, dims, data)).equals(bytes)).toBe(true);
    }
  });
});

describe('npz', () => {
  it('compressed and stored', async () => {
    const compressed = await arrays(fixture('xy.npz'));
    expect([...compressed].map(([name, { dtype, dims }]) => [name, dtype, dims])).toEqual([
      ['x', 'float32', [4, 3]],
      ['y', 'int64', [4]],
    ]);
    expect((await arrays(fixture('stored.npz'))).get('labels')?.data).toEqual(['a', 'b']);
  });

  it('leaves other members alone', async () => {
    const npy = readFileSync(fixture('u1.npy'));
    const file = folder.write('extra.npz', zipSync({ 'x.npy': npy, 'readme.txt': npy }));
    expect([...(await arrays(file)).keys()]).toEqual(['x']);
  });

  it('does not unpack what claims to be enormous', async () => {
    const zip = zipSync({ 'x.npy': readFileSync(fixture('u1.npy')) });
    const view = new DataView(zip.buffer, zip.byteOffset);
    const central = Buffer.from(zip).indexOf(Buffer.from('PK\x01\x02', 'latin1'));
    view.setUint32(central + 24, 0xfffffff0, true);
    await expect(arrays(folder.write('bomb.npz', zip))).rejects.toMatchObject({ code: 'DATA_TOO_LARGE' });
    view.setUint32(central + 24, 0x7000000, true);
    await expect(arrays(folder.write('liar.npz', zip))).rejects.toMatchObject({ code: 'DATA_INVALID' });
  });
});

describe('idx', () => {
  it('images find their labels, gzipped or not', async () => {
    const both = await arrays(fixture('tiny-images-idx3-ubyte'));
    expect(both.get('data')?.dims).toEqual([2, 4, 4]);
    expect(both.get('labels')?.data).toEqual(Uint8Array.of(7, 3));
  });

  it.each(['type-0b.idx', 'type-0c.idx', 'type-0d.idx', 'type-0e.idx'])('%s is big-endian', async (name) => {
    expect([...toNumbers((await arrays(fixture(name))).get('data') as Tensor)]).toEqual([1, -2, 3, -4]);
  });

  it('inside gzip, without its labels', async () => {
    const file = folder.write(
      'alone-images-idx3-ubyte.gz',
      gzipSync(readFileSync(fixture('tiny-images-idx3-ubyte'))),
    );
    expect([...(await arrays(file)).keys()]).toEqual(['data']);
  });

  it.each([
    ['too short', (bytes: Buffer) => bytes.subarray(0, 30)],
    ['too long', (bytes: Buffer) => Buffer.concat([bytes, bytes])],
    [
      'a size that overflows',
      (bytes: Buffer) => Buffer.from(bytes.map((byte, at) => (at >= 4 && at < 16 ? 255 : byte))),
    ],
  ])('%s', async (name, change) => {
    const file = folder.write(`${name}.idx`, change(readFileSync(fixture('tiny-images-idx3-ubyte'))));
    await expect(arrays(file)).rejects.toMatchObject({ code: 'DATA_INVALID' });
  });
});

describe('damaged files', () => {
  it('every cut of an .npy or .npz ends in an error about the file', async () => {
    for (const name of ['le-f4.npy', 'fortran.npy', 'text.npy', 'xy.npz', 'tiny-images-idx3-ubyte']) {
      const bytes = readFileSync(fixture(name));
      for (let length = 1; length < bytes.length; length += 7) {
        await expect(arrays(folder.write('cut', bytes.subarray(0, length)))).rejects.toMatchObject({
          code: expect.stringMatching(/^DATA_/),
        });
      }
    }
  });

  it('every changed byte gives an array or an error about the file', async () => {
    for (const name of ['le-f4.npy', 'fortran.npy', 'xy.npz', 'tiny-images-idx3-ubyte']) {
      const bytes = readFileSync(fixture(name));
      for (let at = 0; at < Math.min(bytes.length, 200); at++) {
        for (const value of [0, 0x7f, 0xff]) {
          const changed = Buffer.from(bytes);
          changed[at] = value;
          try {
            await arrays(folder.write('changed', changed));
          } catch (error) {
            expect(error, `${name} byte ${at} = ${value}`).toMatchObject({
              code: expect.stringMatching(/^DATA_/),
            });
          }
        }
      }
    }
  });
});
