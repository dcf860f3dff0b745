// Names of projects, deployments and served models: what may stand in a URL and in a path.

import { basename, extname } from 'node:path';
import { errors } from '../errors.ts';

export const namePattern = /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i;
export const nameRule = 'letters, digits, dots, dashes and underscores, a letter or digit at both ends';

/** Errors: USAGE. */
export function checkName(name: string): string {
  if (namePattern.test(name)) return name;
  throw errors.USAGE(`${JSON.stringify(name)} is not a name`, nameRule);
}

/** A file name as a name. @example nameOf('models/my model.h5') // 'my-model' */
export function nameOf(path: string): string {
  const stem = basename(path, extname(path))
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
  return stem || 'model';
}
