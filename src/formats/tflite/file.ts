// A TFLite file from disk.

import { open } from 'node:fs/promises';
import { errors } from '../../errors.ts';
import { decodeTflite } from './decode.ts';
import type { TfliteFile } from './records.ts';

/** Errors: FILE_NOT_FOUND, FILE_UNREADABLE, MODEL_DAMAGED. */
export async function readTfliteFile(path: string): Promise<TfliteFile> {
  return decodeTflite(await readBytes(path), path);
}

// Piece by piece: reading a file at once ends at 2 GB, and contents may lie behind that.
const PIECE = 2 ** 28;
const MOST_BYTES = 2 ** 32 - 1;

export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      if (size > MOST_BYTES) throw errors.MODEL_TOO_LARGE('TFLite', size, '4 GB here');
      const bytes = new Uint8Array(size);
      for (let at = 0; at < size; ) {
        const { bytesRead } = await file.read(bytes, at, Math.min(PIECE, size - at), at);
        if (bytesRead === 0)
          throw errors.MODEL_DAMAGED(path, `it was cut to ${at} bytes while it was read`, { file: path });
        at += bytesRead;
      }
      return bytes;
    } finally {
      await file.close();
    }
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'MODEL_DAMAGED' || code === 'MODEL_TOO_LARGE') throw cause;
    if (code === 'ENOENT') throw errors.FILE_NOT_FOUND(path);
    throw errors.FILE_UNREADABLE(path, cause);
  }
}
