// A stream as a file, for readers that need one.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errors } from '../../errors.ts';

/** Writes the stream to a file that exists until `use` is done. Errors: FILE_UNWRITABLE. */
export async function withTemporaryFile<T>(
  stream: AsyncIterable<Uint8Array | string>,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'mlctl-'));
  try {
    const path = join(folder, 'stdin');
    await writeFile(path, stream).catch((cause: unknown) => {
      throw errors.FILE_UNWRITABLE(path, cause);
    });
    return await use(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
