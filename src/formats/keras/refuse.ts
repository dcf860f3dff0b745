// Names what a file is when it is no HDF5, so that a text page saved as model.h5 is not called damaged.

import { identify } from '../../encoding/file-signatures.ts';
import { hdf5SignatureOffset } from '../../encoding/hdf5.ts';
import { errors } from '../../errors.ts';

/** Throws FORMAT_UNKNOWN unless `head` has an HDF5 signature. */
export function refuseOtherContent(path: string, head: Uint8Array): void {
  if (hdf5SignatureOffset(head) !== undefined) return;
  const found = identify({ path, isFolder: false, bytes: head.length, head });
  const saw = found === undefined ? 'it does not have the HDF5 signature' : `it is ${found.name}`;
  throw errors.FORMAT_UNKNOWN(path, saw, ['Keras models saved as .keras or HDF5 (.h5)'], found?.hint);
}

/** A zip whose first entries are those Keras 3 writes. */
export function isKerasZip(head: Uint8Array): boolean {
  if (head[0] !== 0x50 || head[1] !== 0x4b || head[2] !== 0x03 || head[3] !== 0x04) return false;
  const text = Buffer.from(head).toString('latin1');
  return ['metadata.json', 'config.json', 'model.weights.h5'].some((name) => text.includes(name));
}

/** Whether a file starts as Keras writes an architecture; other programs' JSON with one inside is not meant. */
export function isArchitecture(head: Uint8Array): boolean {
  const text = Buffer.from(head).toString('latin1');
  return (
    /^\s*\{/.test(text) &&
    /"class_name"\s*:\s*"(Sequential|Functional|Model)"/.test(text) &&
    /"config"\s*:/.test(text) &&
    !/"(modelTopology|weightsManifest)"\s*:/.test(text)
  );
}
