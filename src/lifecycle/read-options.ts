// What a format's reader is told besides the file.

import { resolve } from 'node:path';
import type { Context } from '../context.ts';
import { errors } from '../errors.ts';
import type { Format, ReadOptions } from '../formats/definition.ts';
import type { ModelParts } from '../manifest/project.ts';

/** `weights` is as the user wrote it. Errors: USAGE when the format has no use for one of them. */
export function readOptions(
  format: Format,
  { weights, signature }: ModelParts,
  context: Context,
): ReadOptions {
  if (weights !== undefined && !format.takesWeights) {
    throw errors.USAGE(`--weights is not for ${format.title}, which has its weights inside`, 'leave it out');
  }
  if (signature !== undefined && !format.takesSignature) {
    throw errors.USAGE(
      `--signature is not for ${format.title}, which has no signatures`,
      'leave it out, and signature.name of the manifest',
    );
  }
  return {
    ...(weights === undefined ? {} : { weights: resolve(context.cwd, weights) }),
    ...(signature === undefined ? {} : { signature }),
  };
}
