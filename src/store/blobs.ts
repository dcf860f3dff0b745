// Contents by digest. A blob never changes; writing the same one twice is one file.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, link, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errors } from '../errors.ts';
import { writeAtomically } from './atomic-write.ts';
import { layout, type Store } from './layout.ts';

/** Stores the chunks as one blob and returns its sha256, hex. */
export async function putBlob(store: Store, chunks: readonly Uint8Array[]): Promise<string> {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  const digest = hash.digest('hex');
  const path = layout.blob(store, digest);
  const existing = await stat(path).catch(() => undefined);
  if (existing) return digest;
  await mkdir(dirname(path), { recursive: true });
  // Read-only: a version must not change under a server that has it open.
  await writeAtomically(path, chunks, { mode: 0o444 });
  return digest;
}

/** Makes `path` the blob's content: a hard link, or a copy where the file system has none. */
export async function placeBlob(store: Store, digest: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { force: true });
  await link(layout.blob(store, digest), path).catch(() => copyFile(layout.blob(store, digest), path));
}

/** Errors: STORE_DAMAGED when the content is not what its name says. */
export async function checkBlob(path: string, digest: string): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  const actual = hash.digest('hex');
  if (actual !== digest) throw errors.STORE_DAMAGED(path, digest, actual);
}

/** Deletes blobs that are not in `used`. */
export async function pruneBlobs(store: Store, used: ReadonlySet<string>): Promise<void> {
  for (const digest of await readdir(layout.blobs(store)).catch(() => [])) {
    if (/^[0-9a-f]{64}$/.test(digest) && !used.has(digest))
      await rm(layout.blob(store, digest), { force: true });
  }
}
