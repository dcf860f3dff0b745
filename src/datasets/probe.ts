// The first bytes of a data file, for deciding what it is.

import { open, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import { errors } from '../errors.ts';

export type Probe = {
  readonly path: string;
  readonly isFolder: boolean;
  readonly bytes: number;
  /** At most the first 64 KiB; of a gzip file, of what is inside it. */
  readonly head: Uint8Array;
  /** Lower case with the dot; for `x.idx.gz` it is `.gz`. */
  readonly extension: string;
  /** The extension with `.gz` taken off: `.csv` for `x.csv.gz`. */
  readonly innerExtension: string;
  readonly isGzip: boolean;
};

export const HEAD_BYTES = 64 * 1024;

/** Looks at the file at an absolute path; `shown` is what errors call it. Errors: FILE_NOT_FOUND, FILE_UNREADABLE. */
export async function probeData(path: string, shown: string): Promise<Probe> {
  const extension = extname(path).toLowerCase();
  const innerExtension = extension === '.gz' ? extname(path.slice(0, -3)).toLowerCase() : extension;
  const names = { path, extension, innerExtension };
  try {
    const info = await stat(path);
    if (info.isDirectory()) {
      return { ...names, isFolder: true, bytes: 0, head: new Uint8Array(), isGzip: false };
    }
    const raw = await readHead(path, info.size);
    const isGzip = raw[0] === 0x1f && raw[1] === 0x8b;
    return { ...names, isFolder: false, bytes: info.size, head: isGzip ? gunzipHead(raw) : raw, isGzip };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw errors.FILE_NOT_FOUND(shown);
    throw errors.FILE_UNREADABLE(shown, cause);
  }
}

/** At most the first `limit` bytes of the file as it is. */
export async function readHead(path: string, size: number, limit = HEAD_BYTES): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const head = new Uint8Array(Math.min(limit, size));
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The beginning of what is compressed; empty when it does not even begin well. */
function gunzipHead(raw: Uint8Array): Uint8Array {
  // 64 KiB of gzip can hold 64 MiB; a part of it that large is still cheap to look at.
  try {
    const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: HEAD_BYTES * 1100 };
    return new Uint8Array(gunzipSync(raw, options)).subarray(0, HEAD_BYTES);
  } catch {
    return new Uint8Array();
  }
}

/** True when the bytes can be text: no control characters but white space. UTF-16 with its mark counts. */
export function looksLikeText(head: Uint8Array): boolean {
  if (utf16Order(head) !== undefined) return true;
  return head.every((byte) => byte >= 32 || byte === 9 || byte === 10 || byte === 13 || byte === 12);
}

export function utf16Order(head: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  return undefined;
}
