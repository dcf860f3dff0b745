// What a format's reader is told besides the file.

import { resolve } from 'node:path';
import type { Context } from '../context.ts';
import { errors } from '../errors.ts';
import type { Format, ReadOptions } from '../formats/definition.ts';

/** `weights` as the user wrote it. Errors: USAGE when the format has no use for it. */
export function readOptions(format: Format, weights: string | undefined, context: Context): ReadOptions {
  if (weights === undefined) return {};
  if (!format.takesWeights) {
    throw errors.USAGE(`--weights is not for ${format.title}, which has its weights inside`, 'leave it out');
  }
  return { weights: resolve(context.cwd, weights) };
}
