// The bytes of a model file, in memory.

import { readFile, stat } from 'node:fs/promises';
import { errors } from '../../errors.ts';

/** Errors: FILE_NOT_FOUND, FILE_UNREADABLE, MODEL_DAMAGED for a file no ONNX model can fill. */
export async function readModelFile(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size >= 2 ** 31) {
      throw errors.MODEL_DAMAGED(
        path,
        `it has ${size} bytes, and an ONNX file ends at 2 GB; larger weights belong into a file beside it`,
        { file: path },
      );
    }
    return await readFile(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'MODEL_DAMAGED') throw cause;
    if (code === 'ENOENT') throw errors.FILE_NOT_FOUND(path);
    throw errors.FILE_UNREADABLE(path, cause);
  }
}
