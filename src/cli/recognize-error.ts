// Errors that are not ours: the operating system's get their own sentence, the rest are bugs.

import { errors, type MlctlError } from '../errors.ts';

export function asError(cause: unknown): MlctlError {
  if (!(cause instanceof Error)) return errors.INTERNAL(cause);
  const { code, path } = cause as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return path === undefined ? errors.INTERNAL(cause) : errors.FILE_NOT_FOUND(path);
    case 'EACCES':
    case 'EPERM':
    case 'EISDIR':
    case 'EMFILE':
      return path === undefined ? errors.INTERNAL(cause) : errors.FILE_UNREADABLE(path, cause);
    case 'ENOSPC':
    case 'EROFS':
      return errors.FILE_UNWRITABLE(path ?? 'the output', cause);
    default:
      return errors.INTERNAL(cause);
  }
}
