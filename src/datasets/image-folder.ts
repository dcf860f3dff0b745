// Images: a folder with one folder per class, a folder of images without classes, or one image file. They are found
// now and decoded when they are needed.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Context } from '../context.ts';
import { identify } from '../encoding/file-signatures.ts';
import { decodeImage, ImageError, imageKind, imageTitles, type PixelSpec } from '../encoding/images.ts';
import { errors } from '../errors.ts';
import type { DatasetFormat, ImageSet, Source } from './definition.ts';
import { type Found, walkImages } from './walk-images.ts';

const imageFolder = {
  name: 'image-folder',
  title: 'images (a folder, or one file)',
  extensions: [],
  match: ({ isFolder, head }) => isFolder || imageKind(head) !== undefined,
  async read(source, context) {
    const images = source.probe.isFolder ? await readFolder(source, context) : await readOne(source);
    return { kind: 'images', images };
  },
} satisfies DatasetFormat;

export default imageFolder;

// Compressed; a raw image of the largest size is about as large.
const MOST_BYTES = 256 * 2 ** 20;

async function readFolder({ probe, shown }: Source, context: Context): Promise<ImageSet> {
  const found = await walkImages(probe.path, shown);
  const { images, folders } = found;
  if (images.length === 0) {
    const others = found.skipped.length > 0 ? `; it holds ${some(found.skipped)}` : '';
    throw errors.DATA_UNKNOWN(shown, `it is a folder without images${others}`, [
      `${imageTitles} images from a folder; name other data by its file`,
    ]);
  }
  const loose = images.filter((name) => !name.includes('/'));
  if (loose.length > 0 && loose.length < images.length) {
    throw errors.DATA_INVALID(
      shown,
      `images lie beside class folders: ${some(loose)}`,
      undefined,
      'put every image into the folder of its class, or all of them into one folder without others',
    );
  }
  const isFlat = loose.length > 0;
  note(found, isFlat, shown, context);
  const path = (name: string) => join(probe.path, name);
  return {
    names: images,
    ...(isFlat ? {} : { classes: folders }),
    decode: async (row, spec) => {
      const name = images[row] ?? '';
      return decode(await bytesOf(path(name), join(shown, name)), join(shown, name), spec);
    },
    digest: async () => {
      const hash = createHash('sha256');
      for (const name of images) {
        const digest = createHash('sha256');
        for await (const chunk of createReadStream(path(name), { highWaterMark: 1 << 20 })) {
          digest.update(chunk as Buffer);
        }
        hash.update(`${digest.digest('hex')}  ${name}\n`);
      }
      return hash.digest('hex');
    },
  };
}

/** One file is held in memory: it may be gone when it is decoded (standard input). */
async function readOne({ probe, shown }: Source): Promise<ImageSet> {
  const bytes = await bytesOf(probe.path, shown);
  return {
    names: [basename(shown)],
    decode: (_row, spec) => decode(bytes, shown, spec),
    digest: async () => createHash('sha256').update(bytes).digest('hex'),
  };
}

/** Errors: FILE_UNREADABLE, DATA_INVALID naming the file. */
async function bytesOf(path: string, shown: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > MOST_BYTES) throw errors.DATA_TOO_LARGE(shown, `${size} bytes for one image`);
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'MlctlError') throw cause;
    throw errors.FILE_UNREADABLE(shown, cause);
  }
}

async function decode(bytes: Uint8Array, shown: string, spec: PixelSpec): Promise<Uint8Array> {
  try {
    return await decodeImage(bytes, spec);
  } catch (cause) {
    if (!(cause instanceof ImageError)) throw cause;
    const { message } = cause;
    const isKnown = imageKind(bytes) !== undefined;
    const is = isKnown
      ? undefined
      : identify({ path: shown, isFolder: false, bytes: bytes.length, head: bytes.subarray(0, 4096) });
    throw errors.DATA_INVALID(
      shown,
      is ? `${message}: it is ${is.name}` : message,
      undefined,
      isKnown
        ? 'save it again, or take it out of the folder'
        : 'convert it to PNG, or take it out of the folder',
      cause,
    );
  }
}

function note({ images, folders, skipped }: Found, isFlat: boolean, shown: string, context: Context): void {
  const say = (message: string) =>
    context.diagnose({ code: 'DATA_FILES_SKIPPED', severity: 'note', message, where: { file: shown } });
  if (skipped.length > 0) say(`${shown}: not images, or links out of the folder, left out: ${some(skipped)}`);
  if (isFlat) return;
  const filled = new Set(images.map((name) => name.slice(0, name.indexOf('/'))));
  const empty = folders.filter((folder) => !filled.has(folder));
  if (empty.length > 0) say(`${shown}: classes without images: ${some(empty)}`);
}

function some(names: readonly string[]): string {
  const first = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${first} and ${names.length - 5} more` : first;
}
