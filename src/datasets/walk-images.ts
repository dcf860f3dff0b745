// The images under a folder: found by name, and by content where the name says nothing, in an order that is always
// the same.

import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { imageKind } from '../encoding/images.ts';
import { errors } from '../errors.ts';
import { readHead } from './probe.ts';

export type Found = {
  /** Relative to the folder, with `/`, sorted by folder and then by name. */
  readonly images: readonly string[];
  /** Folders directly under the folder, by code point; hidden ones are not among them. */
  readonly folders: readonly string[];
  /** Files that are no images, and links that lead out of the folder. */
  readonly skipped: readonly string[];
};

const MOST_IMAGES = 2 ** 22;
const DEEPEST = 16;

// An image by its name must be one by its content: a damaged one is an error, not left out in silence. Kinds that
// cannot be decoded are among them for the same reason.
const imageExtensions =
  /^\.(jpe?g|jpe|jfif|png|webp|tiff?|gif|avif|bmp|dib|heic|heif|jp2|jxl|svg|p[bgpn]m|tga|ico)$/;
// What operating systems leave behind.
const leftovers = /^(\..*|thumbs\.db|desktop\.ini|__macosx)$/i;

/** Errors: FILE_UNREADABLE, DATA_TOO_LARGE. */
export async function walkImages(root: string, shown: string): Promise<Found> {
  const images: string[] = [];
  const skipped: string[] = [];
  const real = await realpath(root);
  const top = await walk('', 0);
  return { images, folders: top, skipped };

  async function walk(folder: string, depth: number): Promise<string[]> {
    const entries = await list(join(root, folder), shown);
    const folders: string[] = [];
    for (const entry of entries) {
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (leftovers.test(entry.name)) continue;
      if (entry.isDirectory()) folders.push(entry.name);
      else if (await isImage(entry, join(root, name), real)) images.push(name);
      else skipped.push(name);
      if (images.length > MOST_IMAGES) throw errors.DATA_TOO_LARGE(shown, `more than ${MOST_IMAGES} images`);
    }
    for (const name of folders) {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (depth < DEEPEST) await walk(path, depth + 1);
      else skipped.push(path);
    }
    return folders;
  }
}

async function list(path: string, shown: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw errors.FILE_UNREADABLE(shown, cause);
  }
}

/** Links count when they lead to a file inside the folder. */
async function isImage(entry: Dirent, path: string, root: string): Promise<boolean> {
  if (!entry.isFile()) {
    if (!entry.isSymbolicLink()) return false;
    const target = await realpath(path).catch(() => undefined);
    if (!target?.startsWith(root + sep) || !(await stat(target)).isFile()) return false;
  }
  const extension = extname(entry.name).toLowerCase();
  if (imageExtensions.test(extension)) return true;
  const head = await readHead(path, 64).catch(() => new Uint8Array());
  return imageKind(head) !== undefined;
}
