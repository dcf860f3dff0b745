// Errors that are not ours: the operating system's get their own sentence, the rest are bugs.

import { errors, type MlctlError } from '../errors.ts';

export function asError(cause: unknown): MlctlError {
  if (!(cause instanceof Error)) return errors.INTERNAL(cause);
  const { code, path, syscall } = cause as NodeJS.ErrnoException;
  // V8 has no code for it.
  if (cause instanceof RangeError && /allocation failed|invalid array buffer length/i.test(cause.message))
    return errors.OUT_OF_MEMORY(cause);
  switch (code) {
    case 'ENOENT':
      return path === undefined ? errors.INTERNAL(cause) : errors.FILE_NOT_FOUND(path);
    case 'EACCES':
    case 'EPERM':
    case 'EISDIR':
    case 'EMFILE':
      if (path !== undefined && writes.has(syscall ?? '')) return errors.FILE_UNWRITABLE(path, cause);
      return path === undefined ? errors.INTERNAL(cause) : errors.FILE_UNREADABLE(path, cause);
    case 'ERR_MEMORY_ALLOCATION_FAILED':
      return errors.OUT_OF_MEMORY(cause);
    case 'ENOSPC':
    case 'EROFS':
      return errors.FILE_UNWRITABLE(path ?? 'the output', cause);
    default:
      return errors.INTERNAL(cause);
  }
}

const writes = new Set(['mkdir', 'mkdtemp', 'rename', 'link', 'unlink', 'rmdir', 'copyfile', 'chmod']);
