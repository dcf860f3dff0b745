// A report as a file.

import { resolve } from 'node:path';
import type { Context } from '../../context.ts';
import { errors } from '../../errors.ts';
import { writeAtomically } from '../../store/atomic-write.ts';

/** Writes the file whole or not at all, replacing what was there. Errors: FILE_UNWRITABLE. */
export async function writeReport(
  path: string,
  chunks: readonly (string | Uint8Array)[],
  { cwd }: Context,
): Promise<void> {
  try {
    await writeAtomically(resolve(cwd, path), chunks);
  } catch (cause) {
    throw errors.FILE_UNWRITABLE(path, cause);
  }
}
