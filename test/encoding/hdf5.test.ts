import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { memorySource } from '../../src/encoding/byte-source.ts';
import { hdf5SignatureOffset, openHdf5 } from '../../src/encoding/hdf5.ts';

const folder = mkdtempSync(join(tmpdir(), 'mlctl-hdf5-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type H5File = import('h5wasm/node').File;

async function make(name: string, fill: (file: H5File) => void): Promise<string> {
  const { File, ready } = await import('h5wasm/node');
  await ready;
  const path = join(folder, name);
  rmSync(path, { force: true });
  const file = new File(path, 'w');
  fill(file);
  file.close();
  return path;
}

async function using<T>(path: string, work: (file: Awaited<ReturnType<typeof openHdf5>>) => T): Promise<T> {
  const file = await openHdf5(path);
  try {
    return work(file);
  } finally {
    file.close();
  }
}

describe('weights that are made of next to nothing', () => {
  it('are refused in gigabytes, by what they take on disk', async () => {
    const path = await make('bomb.h5', (file) => {
      const zeros = new Uint8Array(280_000_000);
      file.create_dataset({ name: 'd', data: zeros, chunks: [14_000_000], compression: 1 });
      file.create_dataset({ name: 'spare', data: zeros.subarray(0, 4_000_000) });
    });
    await using(path, (file) => expect(file.read('/d').data).toHaveLength(280_000_000));
    const file = await openHdf5(path, { ...memorySource(readFileSync(path)), packed: 10_000 });
    expect(() => file.read('/d')).toThrow(/280000000 bytes of weights in a file of 10000,/);
    file.close();
  }, 60_000);
});

describe('what a file holds', () => {
  it('groups, datasets of every width, attributes of every storage', async () => {
    const path = await make('all.h5', (file) => {
      file.create_group('g').create_group('inner');
      file.create_dataset({ name: 'f32', data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] });
      file.create_dataset({ name: 'f64', data: Float64Array.of(0.1) });
      file.create_dataset({ name: 'i64', data: BigInt64Array.of(-5n, 7n) });
      file.create_dataset({ name: 'u8', data: Uint8Array.of(255) });
      file.create_dataset({ name: 'scalar', data: Float32Array.of(9), shape: [] });
      file.create_dataset({ name: 'empty', data: new Float32Array(0), shape: [0, 4] });
      file.create_dataset({ name: 'words', data: ['ä', ''] });
      file.create_attribute('varying', 'héllo');
      file.create_attribute('list', ['a', 'bcd', '']);
      file.create_attribute('fixed', ['ab', 'c'], null, 'S3');
      file.create_attribute('number', 5);
      file.create_attribute('none', new Float64Array(0), [0]);
    });
    await using(path, (file) => {
      expect(file.children('/')).toContain('g');
      expect([file.kind('/g'), file.kind('/f32'), file.kind('/nothing')]).toEqual([
        'group',
        'dataset',
        undefined,
      ]);
      expect(file.children('/g')).toEqual(['inner']);
      expect(file.dataset('/f32')).toEqual({ dims: [2, 3], dtype: 'float32', bytes: 24 });
      expect(file.read('/f32')).toEqual({
        dtype: 'float32',
        dims: [2, 3],
        data: Float32Array.of(1, 2, 3, 4, 5, 6),
      });
      expect(file.read('/f64').data).toEqual(Float64Array.of(0.1));
      expect(file.read('/i64')).toEqual({ dtype: 'int64', dims: [2], data: BigInt64Array.of(-5n, 7n) });
      expect(file.read('/u8')).toMatchObject({ dtype: 'uint8', data: Uint8Array.of(255) });
      expect(file.read('/scalar')).toEqual({ dtype: 'float32', dims: [], data: Float32Array.of(9) });
      expect(file.read('/empty')).toEqual({ dtype: 'float32', dims: [0, 4], data: new Float32Array(0) });
      expect(file.read('/words')).toEqual({ dtype: 'string', dims: [2], data: ['ä', ''] });
      expect(file.attribute('/', 'varying')).toEqual({ dims: [], type: 'strings', values: ['héllo'] });
      expect(file.attribute('/', 'list')?.values).toEqual(['a', 'bcd', '']);
      expect(file.attribute('/', 'fixed')).toEqual({ dims: [2], type: 'strings', values: ['ab', 'c'] });
      expect(file.attribute('/', 'number')).toEqual({ dims: [], type: 'numbers', values: [5] });
      expect(file.attribute('/', 'none')).toEqual({ dims: [0], type: 'numbers', values: [] });
      expect(file.attribute('/', 'missing')).toBeUndefined();
    });
  });

  it('data in compressed chunks, and more than is read in one go', async () => {
    const rows = 5000;
    const data = Float32Array.from({ length: rows * 1024 }, (_, index) => index % 1000);
    const isSame = (read: unknown) =>
      Buffer.compare(Buffer.from((read as Float32Array).buffer), Buffer.from(data.buffer)) === 0;
    const path = await make('large.h5', (file) => {
      file.create_dataset({ name: 'plain', data, shape: [rows, 1024] });
      file.create_dataset({
        name: 'packed',
        data,
        shape: [rows, 1024],
        chunks: [300, 512],
        compression: 'gzip',
      });
    });
    await using(path, (file) => {
      expect(isSame(file.read('/plain').data)).toBe(true);
      expect(isSame(file.read('/packed').data)).toBe(true);
    });
  });

  it('the signature at 0, 512, 1024 …, as files with something in front have it', async () => {
    const path = await make('front.h5', (file) => file.create_attribute('a', 1));
    const bytes = readFileSync(path);
    for (const front of [0, 512, 1024, 2048]) {
      expect(hdf5SignatureOffset(Buffer.concat([Buffer.alloc(front), bytes]))).toBe(front);
    }
    expect(hdf5SignatureOffset(Buffer.concat([Buffer.alloc(100), bytes]))).toBeUndefined();
    expect(hdf5SignatureOffset(new Uint8Array(3))).toBeUndefined();
    const moved = join(folder, 'moved.h5');
    writeFileSync(moved, Buffer.concat([Buffer.alloc(512), bytes]));
    await using(moved, (file) => expect(file.attribute('/', 'a')?.values).toEqual([1]));
  });
});

describe('what a stranger may have put in', () => {
  it('links to other files are refused, even to files that exist', async () => {
    const secret = await make('secret.h5', (file) =>
      file.create_dataset({ name: 'd', data: Float32Array.of(42) }),
    );
    const path = await make('links.h5', (file) => {
      file.create_external_link(secret, '/d', 'outside');
      file.create_soft_link('/nowhere', 'broken');
      file.create_soft_link('/loop', 'loop');
    });
    await using(path, (file) => {
      expect(() => file.kind('/outside')).toThrow(/link to another file, which is never followed/);
      expect(() => file.read('/outside')).toThrow(expect.objectContaining({ code: 'MODEL_DAMAGED' }));
      expect(() => file.kind('/broken')).toThrow(/leads nowhere/);
      expect(() => file.kind('/loop')).toThrow(/cannot be opened/);
      expect(() => file.read('/loop')).toThrow(expect.objectContaining({ code: 'MODEL_DAMAGED' }));
    });
  });

  it('sizes beyond the file are refused before memory is taken', async () => {
    const path = await make('claims.h5', (file) => {
      file.create_dataset({
        name: 'd',
        data: Float32Array.of(1, 2),
        shape: [2],
        maxshape: [null],
        chunks: [2],
      });
      (file.get('d') as import('h5wasm/node').Dataset).resize([2 ** 40]);
    });
    await using(path, (file) => {
      expect(() => file.read('/d')).toThrow(/claims 1099511627776 elements/);
    });
  });

  it('text, an empty file, a missing one and a folder', async () => {
    const text = join(folder, 'text.h5');
    writeFileSync(text, 'hello');
    await expect(openHdf5(text)).rejects.toMatchObject({ code: 'MODEL_DAMAGED' });
    writeFileSync(text, '');
    await expect(openHdf5(text)).rejects.toMatchObject({ code: 'MODEL_DAMAGED' });
    await expect(openHdf5(join(folder, 'absent.h5'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(openHdf5(folder)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });

  it('a file cut off says how much is there', async () => {
    const path = await make('whole.h5', (file) =>
      file.create_dataset({ name: 'd', data: new Float32Array(1000) }),
    );
    const bytes = readFileSync(path);
    const cut = join(folder, 'cut.h5');
    writeFileSync(cut, bytes.subarray(0, 3000));
    await expect(openHdf5(cut)).rejects.toThrow(`it is cut off: 3000 of ${bytes.length} bytes are there`);
  });

  it('nothing the library says about any of it reaches the screen', async () => {
    const text = join(folder, 'noise.h5');
    writeFileSync(
      text,
      Buffer.concat([readFileSync(join(folder, 'all.h5')).subarray(0, 64), Buffer.alloc(500, 7)]),
    );
    const spies = [vi.spyOn(console, 'error'), vi.spyOn(process.stderr, 'write')];
    try {
      await expect(openHdf5(text)).rejects.toMatchObject({ code: 'MODEL_DAMAGED' });
      for (const spy of spies) expect(spy).not.toHaveBeenCalled();
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
  });

  it('files are closed however often they are opened', async () => {
    const { readdirSync } = await import('node:fs');
    const open = () => readdirSync('/proc/self/fd').length;
    const path = join(folder, 'all.h5');
    await using(path, () => {});
    const before = open();
    for (let n = 0; n < 50; n++) await using(path, (file) => file.read('/f32'));
    expect(open()).toBeLessThanOrEqual(before + 1);
  });
});
