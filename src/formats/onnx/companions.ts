// The files beside an ONNX model that hold its weights. Only what lies inside the model's folder is named.

import type { Context } from '../../context.ts';
import { decodeModelProto } from './decode.ts';
import { externalLocations } from './describe.ts';
import { resolveInside } from './external-data.ts';
import { readModelFile } from './file.ts';

/** Relative to the folder of the model, sorted. Errors: MODEL_DAMAGED, EXTERNAL_DATA_OUTSIDE, EXTERNAL_DATA_MISSING. */
export async function companions(path: string, _context: Context): Promise<readonly string[]> {
  return companionsIn(await readModelFile(path), path);
}

/** The same for a file already in memory. */
export async function companionsIn(bytes: Uint8Array, path: string): Promise<readonly string[]> {
  // The key of the entry that names a file: without it there is nothing to decode for.
  if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes('location')) return [];
  const locations = externalLocations(await decodeModelProto(bytes, path));
  for (const location of locations) resolveInside(path, location);
  return locations;
}
