// Names what a file is when it is no HDF5, so that a text page saved as model.h5 is not called damaged.

import { hdf5SignatureOffset } from '../../encoding/hdf5.ts';
import { errors } from '../../errors.ts';

/** Throws FORMAT_UNKNOWN unless `head` has an HDF5 signature. */
export function refuseOtherContent(path: string, head: Uint8Array): void {
  if (hdf5SignatureOffset(head) !== undefined) return;
  throw errors.FORMAT_UNKNOWN(path, describe(head), ['Keras models saved as .keras or HDF5 (.h5)']);
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

function describe(head: Uint8Array): string {
  if (head.length === 0) return 'it is empty';
  if (head[0] === 0x50 && head[1] === 0x4b) return 'it is a zip file without a Keras configuration';
  if (head[0] === 0x1f && head[1] === 0x8b) return 'it is compressed with gzip; unpack it first';
  const isText = head.subarray(0, 4096).every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d));
  if (!isText) return 'it does not have the HDF5 signature';
  const start = Buffer.from(head.subarray(0, 256)).toString('utf8').trim();
  if (start.startsWith('version https://git-lfs')) {
    return 'it is a Git LFS pointer; fetch the file itself with git lfs pull';
  }
  if (start.startsWith('<')) return 'it is a web page or XML, perhaps saved by a download that failed';
  if (start.startsWith('{') || start.startsWith('[')) return 'it is JSON text, not HDF5';
  return 'it is a text file, not HDF5';
}
