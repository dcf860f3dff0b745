// The bytes of a model file, in memory.

import { type FileHandle, open } from 'node:fs/promises';
import { errors } from '../../errors.ts';

const STEP = 16 * 1024 * 1024;

/** Errors: FILE_NOT_FOUND, FILE_UNREADABLE, MODEL_DAMAGED for a file no ONNX model can fill. */
export async function readModelFile(
  path: string,
  onBytes: (done: number, total: number) => void = () => {},
): Promise<Uint8Array> {
  try {
    const handle = await open(path);
    try {
      return await readAll(path, handle, onBytes);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'MODEL_DAMAGED') throw cause;
    if (code === 'ENOENT') throw errors.FILE_NOT_FOUND(path);
    throw errors.FILE_UNREADABLE(path, cause);
  }
}

async function readAll(
  path: string,
  handle: FileHandle,
  onBytes: (done: number, total: number) => void,
): Promise<Uint8Array> {
  const { size } = await handle.stat();
  if (size >= 2 ** 31) {
    throw errors.MODEL_DAMAGED(
      path,
      `it has ${size} bytes, and an ONNX file ends at 2 GB; larger weights belong into a file beside it`,
      { file: path },
    );
  }
  const content = Buffer.allocUnsafeSlow(size);
  let done = 0;
  while (done < size) {
    const { bytesRead } = await handle.read(content, done, Math.min(STEP, size - done), done);
    if (bytesRead === 0) break;
    done += bytesRead;
    onBytes(done, size);
  }
  return content.subarray(0, done);
}
