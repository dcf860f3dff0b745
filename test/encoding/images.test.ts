// Images made here and decoded: sizes, channels and damage, against results known without a decoder.

import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { decodeImage, imageKind, type PixelSpec } from '../../src/encoding/images.ts';

const spec: PixelSpec = {
  width: 4,
  height: 4,
  channels: 3,
  order: 'rgb',
  fit: 'fill',
  interpolation: 'bilinear',
};

/** An image whose pixel at (x, y) is `at(x, y)`. */
function raw(width: number, height: number, at: (x: number, y: number) => readonly number[]) {
  const pixels = Array.from({ length: width * height }, (_, i) => at(i % width, Math.floor(i / width)));
  const channels = (pixels[0]?.length ?? 3) as 1 | 3 | 4;
  return sharp(Uint8Array.from(pixels.flat()), { raw: { width, height, channels } });
}

const orange = [250, 130, 20] as const;

it.each([
  ['PNG', raw(9, 7, () => orange).png(), 0],
  ['lossless WebP', raw(9, 7, () => orange).webp({ lossless: true }), 0],
  ['TIFF', raw(9, 7, () => orange).tiff({ compression: 'lzw' }), 0],
  ['GIF', raw(9, 7, () => orange).gif(), 0],
  ['JPEG', raw(9, 7, () => orange).jpeg({ quality: 100 }), 2],
  ['AVIF', raw(9, 7, () => orange).avif({ quality: 100 }), 3],
])('%s of one color keeps it at any size', async (kind, image, off) => {
  const bytes = await image.toBuffer();
  expect(kind).toContain(imageKind(bytes));
  for (const [width, height] of [
    [9, 7],
    [4, 4],
    [1, 1],
    [31, 2],
  ] as const) {
    for (const fit of ['fill', 'cover'] as const) {
      for (const interpolation of ['bilinear', 'nearest', 'bicubic', 'lanczos'] as const) {
        const pixels = await decodeImage(bytes, { ...spec, width, height, fit, interpolation });
        expect(pixels.length).toBe(width * height * 3);
        pixels.forEach((value, at) => {
          expect(Math.abs(value - (orange[at % 3] ?? 0))).toBeLessThanOrEqual(off);
        });
      }
    }
  }
});

it('an image of the size asked for is its pixels, byte for byte', async () => {
  const at = (x: number, y: number) => [x * 60, y * 60, (x * y * 17) % 256];
  const bytes = await raw(4, 4, at).png().toBuffer();
  const expected = Array.from({ length: 16 }, (_, i) => at(i % 4, Math.floor(i / 4))).flat();
  expect([...(await decodeImage(bytes, spec))]).toEqual(expected);
});

it('bilinear makes smaller by a triangle twice the step wide, and larger between the centers of pixels', async () => {
  const noise = (x: number) => [(x * 7919) % 251, 0, 0];
  const row = async (from: number, to: number, at: (x: number) => number[]) => {
    const bytes = await raw(from, 1, at).png().toBuffer();
    const pixels = await decodeImage(bytes, { ...spec, width: to, height: 1 });
    return [...pixels].filter((_, i) => i % 3 === 0);
  };
  const triangle = (from: number, to: number, at: (x: number) => number[]) => {
    const step = Math.max(1, from / to);
    return Array.from({ length: to }, (_, i) => {
      const center = ((i + 0.5) * from) / to - 0.5;
      let [sum, weight] = [0, 0];
      for (let x = Math.floor(center - step); x <= Math.ceil(center + step); x++) {
        const share = Math.max(0, 1 - Math.abs(x - center) / step);
        if (x < 0 || x >= from) continue;
        sum += share * (at(x)[0] ?? 0);
        weight += share;
      }
      return sum / weight;
    });
  };
  for (const [from, to] of [
    [32, 8],
    [30, 10],
    [31, 9],
    [320, 8],
    [1000, 33],
    [8, 16],
    [8, 9],
    [5, 13],
  ] as const) {
    const expected = triangle(from, to, noise);
    (await row(from, to, noise)).forEach((value, i) => {
      expect(Math.abs(value - (expected[i] ?? 0)), `${from} → ${to}, pixel ${i}`).toBeLessThanOrEqual(1);
    });
  }
});

it('cover cuts off both sides evenly, fill stretches', async () => {
  // Four columns: red, green, green, blue.
  const stripes = [
    [255, 0, 0],
    [0, 255, 0],
    [0, 255, 0],
    [0, 0, 255],
  ];
  const bytes = await raw(4, 2, (x) => stripes[x] ?? [])
    .png()
    .toBuffer();
  const square = { ...spec, width: 2, height: 2, interpolation: 'nearest' } as const;
  expect([...(await decodeImage(bytes, { ...square, fit: 'cover' }))]).toEqual(
    Array.from({ length: 4 }, () => [0, 255, 0]).flat(),
  );
  const filled = [...(await decodeImage(bytes, { ...square, fit: 'fill' }))];
  expect(filled).not.toEqual(Array.from({ length: 4 }, () => [0, 255, 0]).flat());
});

it('channels: the order, gray by luma, opacity dropped or kept, gray made color', async () => {
  const bytes = await raw(4, 4, () => [...orange, 128])
    .png()
    .toBuffer();
  const first = async (image: Uint8Array, changes: Partial<PixelSpec>) => {
    const all = await decodeImage(image, { ...spec, ...changes });
    const pixel = [...all.subarray(0, changes.channels ?? 3)];
    // Every pixel is alike.
    expect([...all]).toEqual(Array.from({ length: all.length }, (_, at) => pixel[at % pixel.length]));
    return pixel;
  };
  expect(await first(bytes, {})).toEqual([250, 130, 20]);
  expect(await first(bytes, { order: 'bgr' })).toEqual([20, 130, 250]);
  expect(await first(bytes, { channels: 4 })).toEqual([250, 130, 20, 128]);
  expect(await first(bytes, { channels: 4, order: 'bgr' })).toEqual([20, 130, 250, 128]);
  expect(await first(bytes, { channels: 1 })).toEqual([Math.round(0.299 * 250 + 0.587 * 130 + 0.114 * 20)]);
  // Transparent pixels are the color they are stored as, at other sizes too.
  const clear = await raw(8, 8, () => [...orange, 0])
    .png()
    .toBuffer();
  expect(await first(clear, {})).toEqual([250, 130, 20]);
  const gray = await raw(4, 4, () => [77])
    .toColourspace('b-w')
    .png()
    .toBuffer();
  expect(await first(gray, {})).toEqual([77, 77, 77]);
  expect(await first(gray, { channels: 1 })).toEqual([77]);
  expect(await first(gray, { channels: 4 })).toEqual([77, 77, 77, 255]);
  const deep = await raw(4, 4, () => orange)
    .toColourspace('rgb16')
    .png()
    .toBuffer();
  expect(await first(deep, {})).toEqual([250, 130, 20]);
});

it('neither an orientation mark nor a color profile changes what is stored', async () => {
  const image = () => raw(4, 2, (x) => (x < 2 ? [10, 20, 30] : [200, 100, 50]));
  const plain = await decodeImage(await image().png().toBuffer(), { ...spec, height: 2 });
  const turned = await image().withMetadata({ orientation: 6 }).png().toBuffer();
  expect([...(await decodeImage(turned, { ...spec, height: 2 }))]).toEqual([...plain]);
});

it('the same bytes give the same pixels', async () => {
  const bytes = await raw(50, 40, (x, y) => [x * 5, y * 6, (x * y) % 256])
    .jpeg()
    .toBuffer();
  const all = await Promise.all(Array.from({ length: 8 }, () => decodeImage(bytes, spec)));
  for (const each of all) expect([...each]).toEqual([...(all[0] ?? [])]);
});

it('damage is an ImageError: cut anywhere, or with bytes changed', async () => {
  const image = raw(40, 30, (x, y) => [x * 6, y * 8, (x * y * 31) % 256]);
  for (const bytes of [await image.jpeg().toBuffer(), await image.png().toBuffer()]) {
    for (const share of [0.02, 0.3, 0.6, 0.95]) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * share));
      await expect(decodeImage(cut, spec), `${share}`).rejects.toMatchObject({ name: 'ImageError' });
    }
  }
  const png = await image.png().toBuffer();
  for (let at = 0; at < png.length; at += 97) {
    const changed = Uint8Array.from(png);
    changed[at] = (changed[at] ?? 0) ^ 0x55;
    const outcome = await decodeImage(changed, spec).catch((cause: Error) => cause.name);
    expect(outcome === 'ImageError' || outcome instanceof Uint8Array).toBe(true);
  }
});

it('an image that is huge by its header is refused before it is decoded', async () => {
  for (const [width, height] of [
    [60_000, 60_000],
    [0x7fffffff, 1],
    [20_000, 20_000],
  ] as const) {
    await expect(decodeImage(pngOf(width, height), spec)).rejects.toMatchObject({
      name: 'ImageError',
      message: expect.stringMatching(/pixels|cannot be decoded/),
    });
  }
});

it.each([
  ['nothing', ''],
  ['text', 'not an image'],
  ['SVG, which could name other files', '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>'],
  ['a bitmap', 'BM\x00\x00'],
  ['a start alone', '\x89PNG\r\n\x1a\n'],
])('%s is an ImageError', async (_, text) => {
  await expect(decodeImage(Buffer.from(text, 'latin1'), spec)).rejects.toMatchObject({ name: 'ImageError' });
});

/** A PNG that claims a size and has next to no data. https://www.w3.org/TR/png-3/#11IHDR */
function pngOf(width: number, height: number): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(1000))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc(body), body.length + 4);
  return out;
}

function crc(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return (value ^ 0xffffffff) >>> 0;
}
