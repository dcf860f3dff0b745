// The bytes of a data file that is read whole, decompressed, and never more than memory can take.

import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { errors } from '../errors.ts';
import type { Source } from './definition.ts';

/** Most a data file may take in memory, compressed or not. */
export const maxBytes = 2 ** 31 - 1;

/** Errors: FILE_UNREADABLE, DATA_TOO_LARGE, DATA_INVALID for broken gzip. */
export async function wholeFile({ probe, shown }: Source): Promise<Uint8Array> {
  if (probe.bytes > maxBytes) throw errors.DATA_TOO_LARGE(shown, `${probe.bytes} bytes`);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(probe.path);
  } catch (cause) {
    throw errors.FILE_UNREADABLE(shown, cause);
  }
  if (!probe.isGzip) return bytes;
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: maxBytes });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw errors.DATA_TOO_LARGE(shown, `it unpacks to more than ${maxBytes} bytes`);
    }
    throw errors.DATA_INVALID(shown, `its compression is damaged: ${(cause as Error).message}`);
  }
}
