// Folders of images: which files are images, which class they are of, what is left out and what is refused.

import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, it } from 'vitest';
import type { ImageSet } from '../../src/datasets/definition.ts';
import { readDataset } from '../../src/datasets/read.ts';
import { temporaryFolder } from './folder.ts';

const folder = temporaryFolder();
const spec = {
  width: 2,
  height: 2,
  channels: 3,
  order: 'rgb',
  fit: 'fill',
  interpolation: 'bilinear',
} as const;
let png = new Uint8Array();
let jpeg = new Uint8Array();

beforeAll(async () => {
  const image = () => sharp({ create: { width: 3, height: 3, channels: 3, background: '#0a141e' } });
  png = await image().png().toBuffer();
  jpeg = await image().jpeg().toBuffer();
});

function make(name: string, files: Readonly<Record<string, Uint8Array | string>>): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder.path, name, path)), { recursive: true });
    writeFileSync(join(folder.path, name, path), content);
  }
  return name;
}

async function images(path: string): Promise<ImageSet> {
  folder.diagnostics.length = 0;
  const dataset = await readDataset(path, folder.context);
  if (dataset.kind !== 'images') throw new Error(`${path} is ${dataset.kind}`);
  return dataset.images;
}

it('a folder per class: sorted by class, then by path; inner folders belong to their class', async () => {
  const set = await images(
    make('pets', { 'dog/2.png': png, 'dog/1.JPG': jpeg, 'cat-b/x.png': png, 'cat/deep/er/y.jpeg': jpeg }),
  );
  expect(set.classes).toEqual(['cat', 'cat-b', 'dog']);
  expect(set.names).toEqual(['cat/deep/er/y.jpeg', 'cat-b/x.png', 'dog/1.JPG', 'dog/2.png']);
  expect([...(await set.decode(1, spec))]).toEqual([10, 20, 30, 10, 20, 30, 10, 20, 30, 10, 20, 30]);
  expect(folder.diagnostics).toEqual([]);
});

it('a folder of images has no classes', async () => {
  const set = await images(make('flat', { 'b.png': png, 'a.png': png, 'none/readme.md': 'x' }));
  expect(set.names).toEqual(['a.png', 'b.png']);
  expect(set.classes).toBeUndefined();
});

it('one file is one image', async () => {
  const set = await images(join(make('one', { 'only.png': png }), 'only.png'));
  expect(set.names).toEqual(['only.png']);
  expect(await set.digest()).toBe(createHash('sha256').update(png).digest('hex'));
});

it('hidden files are left out, other files are too and named once, images are known by content without a name', async () => {
  const set = await images(
    make('mixed', {
      'a/1.png': png,
      'a/noname': jpeg,
      'a/.hidden.png': png,
      'a/Thumbs.db': 'x',
      '.git/2.png': png,
      'a/notes.txt': 'x',
      'labels.csv': 'x',
      'b/readme': '',
    }),
  );
  expect(set.names).toEqual(['a/1.png', 'a/noname']);
  expect(set.classes).toEqual(['a', 'b']);
  expect(folder.diagnostics.map(({ code, message }) => [code, message])).toEqual([
    [
      'DATA_FILES_SKIPPED',
      'mixed: not images, or links out of the folder, left out: labels.csv, a/notes.txt, b/readme',
    ],
    ['DATA_FILES_SKIPPED', 'mixed: classes without images: b'],
  ]);
});

it('links are followed inside the folder only, and never to folders', async () => {
  make('outside', { 'secret.png': png });
  const path = make('links', { 'a/1.png': png });
  const at = (name: string) => join(folder.path, path, name);
  symlinkSync(at('a/1.png'), at('a/2.png'));
  symlinkSync(join(folder.path, 'outside/secret.png'), at('a/3.png'));
  symlinkSync(at('a/missing.png'), at('a/4.png'));
  symlinkSync(at('.'), at('a/loop'));
  expect((await images(path)).names).toEqual(['a/1.png', 'a/2.png']);
  expect(folder.diagnostics[0]?.message).toMatch(/a\/3\.png, a\/4\.png, a\/loop/);
});

it('the digest is that of the names and the contents', async () => {
  const [one, same, renamed, changed] = [
    await images(make('d1', { 'a/1.png': png })),
    await images(make('d2', { 'a/1.png': png, 'a/other.txt': 'x' })),
    await images(make('d3', { 'a/2.png': png })),
    await images(make('d4', { 'a/1.png': jpeg })),
  ];
  const digest = await one.digest();
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect(await same.digest()).toBe(digest);
  expect(await renamed.digest()).not.toBe(digest);
  expect(await changed.digest()).not.toBe(digest);
});

it.each([
  ['nothing in it', {}, 'DATA_UNKNOWN', /a folder without images$/],
  ['no images', { 'a.csv': 'x' }, 'DATA_UNKNOWN', /it holds a\.csv/],
  ['images beside class folders', { 'loose.png': 'x', 'a/1.png': 'x' }, 'DATA_INVALID', /loose\.png/],
])('refused: %s', async (name, files, code, message) => {
  const path = make(`refused ${name}`, files);
  mkdirSync(join(folder.path, path), { recursive: true });
  await expect(images(path)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

it.each([
  ['empty.png', ''],
  ['text.jpg', 'not an image'],
  ['bitmap.bmp', 'BM\0\0'],
  ['vector.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
])('an image that cannot be decoded is named: %s', async (name, content) => {
  const set = await images(make('bad', { [`a/${name}`]: content }));
  const row = set.names.indexOf(`a/${name}`);
  await expect(set.decode(row, spec)).rejects.toMatchObject({
    code: 'DATA_INVALID',
    message: expect.stringContaining(join('bad', 'a', name)),
  });
});

it('a JPEG that ends early is named', async () => {
  const set = await images(make('cut', { 'a/cut.jpg': jpeg.subarray(0, jpeg.length - 20) }));
  await expect(set.decode(0, spec)).rejects.toMatchObject({
    code: 'DATA_INVALID',
    message: expect.stringMatching(/cut\/a\/cut\.jpg: it cannot be decoded/),
  });
});
