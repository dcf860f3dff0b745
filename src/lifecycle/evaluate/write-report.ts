// A report as a file.

import { resolve } from 'node:path';
import type { Context } from '../../context.ts';
import { errors } from '../../errors.ts';
import { writeAtomically } from '../../store/atomic-write.ts';
import { checkTarget } from '../artifact.ts';

/** Refuses before the work what could not be written after it; `-` is standard output. Errors: FILE_UNWRITABLE. */
export async function checkReport(path: string | undefined, { cwd }: Context): Promise<void> {
  if (path !== undefined && path !== '-') await checkTarget(resolve(cwd, path), path);
}

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
