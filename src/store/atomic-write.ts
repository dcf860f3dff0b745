// Files that appear whole or not at all: written under another name, synced, renamed.

import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Writes beside the target under a temporary name, syncs, and renames over it. Its folder has to be there. */
export async function writeAtomically(
  path: string,
  chunks: readonly (Uint8Array | string)[],
  options: { readonly mode?: number } = {},
): Promise<void> {
  // A part of the name says whose it is; all of it might leave no room for what makes it unique.
  const unique = randomBytes(6).toString('hex');
  const temporary = join(dirname(path), `.${basename(path).slice(0, 40)}.${unique}.tmp`);
  try {
    await writeSynced(temporary, chunks, options);
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

export type WriteOptions = {
  readonly mode?: number;
  readonly signal?: AbortSignal | undefined;
  /** Told how much has been written. */
  readonly onBytes?: (done: number) => void;
};

/** Writes a new file and syncs it to disk. Throws the signal's reason when it is aborted between two chunks. */
export async function writeSynced(
  path: string,
  chunks: readonly (Uint8Array | string)[],
  { mode = 0o666, signal, onBytes }: WriteOptions = {},
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const file = await open(path, 'wx', mode);
  try {
    for (const chunk of chunks) {
      signal?.throwIfAborted();
      const content = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      hash.update(content);
      await writeAll(file, content);
      bytes += content.length;
      onBytes?.(bytes);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** Makes new names in the folder survive a power cut, where the system can. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => undefined);
  if (!handle) return;
  await handle.sync().catch(() => undefined);
  await handle.close();
}

async function writeAll(file: FileHandle, content: Uint8Array): Promise<void> {
  let offset = 0;
  while (offset < content.length) {
    const { bytesWritten } = await file.write(content, offset, content.length - offset);
    offset += bytesWritten;
  }
}
