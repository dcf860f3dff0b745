// Decodes an image file to bytes of the size and the channels a model takes. The only file that loads sharp.

import type { OutputInfo, Sharp, SharpConstructor, SharpOptions } from 'sharp';
import { resize, type Size } from './resize.ts';

export const interpolations = ['bilinear', 'nearest', 'bicubic', 'lanczos'] as const;
export const fits = ['fill', 'cover'] as const;
export const channelOrders = ['rgb', 'bgr'] as const;

export type PixelSpec = {
  readonly width: number;
  readonly height: number;
  /** 1: gray, 3: color, 4: color and opacity. */
  readonly channels: 1 | 3 | 4;
  readonly order: (typeof channelOrders)[number];
  /** fill: stretch to the size · cover: keep the proportions and cut off what is over, evenly on both sides. */
  readonly fit: (typeof fits)[number];
  readonly interpolation: (typeof interpolations)[number];
};

/** What is wrong with the image, as a clause: `its data is damaged`. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
}

/** Larger images are refused by their header: decoded, they take 200 MB each, and four are decoded at once. */
export const MOST_PIXELS = 2 ** 26;

// Pixels of the step between, at the new width and the old height: 400 MB.
const MOST_BETWEEN = 2 ** 25;

export const imageTitles = 'JPEG, PNG, WebP, TIFF, GIF or AVIF';

/**
 * Height × width × channels bytes. Colors are taken as stored: no profile and no orientation mark is applied, as by
 * the loaders models are trained with. The first picture of several. Making an image smaller averages over all pixels
 * (antialiasing); gray is ITU-R 601 luma. Errors: ImageError.
 *
 * @example const pixels = await decodeImage(bytes, { width: 32, height: 32, channels: 3, … });
 */
export async function decodeImage(bytes: Uint8Array, spec: PixelSpec): Promise<Uint8Array> {
  if (imageKind(bytes) === undefined) throw new ImageError(`it is not ${imageTitles}`);
  const { width, height } = spec;
  try {
    const sharp = await loadSharp();
    const source = sharp(bytes, options);
    const { depth } = await source.metadata();
    if (depth !== 'uchar' && depth !== 'ushort') throw new ImageError(`its pixels are of type ${depth}`);
    const decoded = await withChannels(source.toColourspace('srgb'), spec.channels)
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    // Opacity is gone by now where it is not asked for, so that it has no say in how colors are averaged.
    const data = await fitted(sharp, decoded.data, decoded.info, spec);
    if (data.length !== width * height * stored(spec.channels)) throw new ImageError('its channels are odd');
    if (spec.channels === 1) return luma(data);
    return spec.order === 'bgr' ? swapped(data, spec.channels) : data;
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    throw new ImageError(reason(cause as Error), { cause });
  }
}

/** The kind of image by its first bytes, of those that can be decoded. */
export function imageKind(head: Uint8Array): string | undefined {
  const starts = String.fromCharCode(...head.subarray(0, 40));
  if (starts.startsWith('\xff\xd8\xff')) return 'JPEG';
  if (starts.startsWith('\x89PNG\r\n\x1a\n')) return 'PNG';
  if (starts.startsWith('RIFF') && starts.startsWith('WEBP', 8)) return 'WebP';
  if (/^(II[*+]\0|MM\0[*+])/.test(starts)) return 'TIFF';
  if (/^GIF8[79]a/.test(starts)) return 'GIF';
  if (starts.startsWith('ftyp', 4) && /avi[fs]/.test(starts.slice(8))) return 'AVIF';
  return undefined;
}

const options: SharpOptions = {
  failOn: 'error',
  limitInputPixels: MOST_PIXELS,
  ignoreIcc: true,
  sequentialRead: true,
};

/** Cut to the proportions where asked for, then resized. */
async function fitted(
  sharp: SharpConstructor,
  pixels: Uint8Array,
  { width, height, channels }: OutputInfo,
  spec: PixelSpec,
): Promise<Uint8Array> {
  const whole = { width, height };
  const part = spec.fit === 'cover' ? middle(whole, spec) : whole;
  let cut = pixels;
  if (part.width !== width || part.height !== height) {
    const [left, top] = [(width - part.width) >> 1, (height - part.height) >> 1];
    const raw = { ...whole, channels };
    cut = await sharp(pixels, { ...options, raw })
      .extract({ left, top, ...part })
      .raw()
      .toBuffer();
  }
  if (part.width === spec.width && part.height === spec.height) return cut;
  if (part.height * spec.width > MOST_BETWEEN) throw new ImageError('its proportions are extreme');
  return resize(cut, part, spec, channels, spec.interpolation);
}

/** The largest part with the proportions asked for. */
function middle({ width, height }: Size, spec: Size): Size {
  const isWide = width * spec.height > height * spec.width;
  return isWide
    ? { width: Math.max(1, Math.round((height * spec.width) / spec.height)), height }
    : { width, height: Math.max(1, Math.round((width * spec.height) / spec.width)) };
}

let loaded: Promise<SharpConstructor> | undefined;

function loadSharp(): Promise<SharpConstructor> {
  loaded ??= import('sharp').then(({ default: sharp }) => {
    // Images are decoded side by side, each in one thread; nothing is decoded twice.
    sharp.concurrency(1);
    sharp.cache(false);
    // Only what imageKind knows: others (SVG, PDF) can name further files.
    sharp.block({ operation: ['VipsForeignLoad'] });
    const kinds = ['Jpeg', 'Png', 'Webp', 'Tiff', 'Nsgif', 'Heif'];
    sharp.unblock({ operation: kinds.map((kind) => `VipsForeignLoad${kind}`) });
    return sharp;
  });
  return loaded;
}

function withChannels(image: Sharp, channels: PixelSpec['channels']): Sharp {
  return channels === 4 ? image.ensureAlpha() : image.removeAlpha();
}

function stored(channels: PixelSpec['channels']): number {
  return channels === 1 ? 3 : channels;
}

/** https://www.itu.int/rec/R-REC-BT.601 §2.5.1, in 16-bit fixed point, rounded. */
function luma(colors: Uint8Array): Uint8Array {
  const gray = new Uint8Array(colors.length / 3);
  for (let at = 0, from = 0; at < gray.length; at++, from += 3) {
    const [red = 0, green = 0, blue = 0] = [colors[from], colors[from + 1], colors[from + 2]];
    gray[at] = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >>> 16;
  }
  return gray;
}

function swapped(colors: Uint8Array, channels: number): Uint8Array {
  for (let at = 0; at < colors.length; at += channels) {
    const red = colors[at] ?? 0;
    colors[at] = colors[at + 2] ?? 0;
    colors[at + 2] = red;
  }
  return colors;
}

/** The decoder's first line, in our words where it speaks of itself. */
function reason({ message }: Error): string {
  if (/pixel limit/i.test(message)) return `it has more than ${MOST_PIXELS} pixels`;
  const [line = ''] = message.split('\n');
  return `it cannot be decoded: ${line.replace(/^Input buffer (has corrupt header: )?/, '')}`;
}
