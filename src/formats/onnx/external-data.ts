// Weights kept beside the model file. A file comes from a stranger: nothing outside the model's folder is opened.
// https://onnx.ai/onnx/repo-docs/ExternalData.html

import { closeSync, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, resolve, sep } from 'node:path';
import { errors } from '../../errors.ts';
import type { EntryProto } from './schema.ts';

export type ExternalFiles = {
  /** `bytes` bytes that the entries of one tensor point at. */
  read(entries: readonly EntryProto[], bytes: number): Uint8Array;
  close(): void;
};

type OpenFile = {
  readonly descriptor: number;
  readonly size: number;
  readonly regions: Map<string, Uint8Array>;
  taken: number;
};

/** Reads external data from the folder of `path`; of what takes more than `most` bytes, zeros. */
export function externalFiles(path: string, most = Number.POSITIVE_INFINITY): ExternalFiles {
  const open = new Map<string, OpenFile>();
  const damaged = (problem: string) => errors.MODEL_DAMAGED(path, problem, { file: path });
  return {
    read(entries, bytes) {
      const location = entry(entries, 'location') ?? '';
      const offset = integer(entries, 'offset', 0);
      const length = integer(entries, 'length', bytes);
      if (offset === undefined || length === undefined) {
        throw damaged(`the place of a tensor in ${location} is not a number`);
      }
      if (length !== bytes) {
        throw damaged(`a tensor takes ${bytes} bytes but ${location} holds ${length} for it`);
      }
      let file = open.get(location);
      if (file === undefined) {
        file = openInside(path, location);
        open.set(location, file);
      }
      if (offset + length > file.size) {
        throw damaged(`${location} has ${file.size} bytes, a tensor needs ${offset} to ${offset + length}`);
      }
      return readRegion(file, offset, length, most, () =>
        damaged(`tensors overlap in ${location}: together they are longer than the file`),
      );
    },
    close() {
      for (const { descriptor } of open.values()) closeSync(descriptor);
      open.clear();
    },
  };
}

function entry(entries: readonly EntryProto[], key: string): string | undefined {
  return entries.find((item) => item.key === key)?.value;
}

function integer(entries: readonly EntryProto[], key: string, fallback: number): number | undefined {
  const text = entry(entries, key);
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  return /^\d{1,16}$/.test(text) && Number.isSafeInteger(value) ? value : undefined;
}

/** The real path of a file the model names. Errors: EXTERNAL_DATA_OUTSIDE, EXTERNAL_DATA_MISSING, MODEL_DAMAGED. */
export function resolveInside(path: string, location: string): string {
  const folder = dirname(resolve(path));
  // Drive letters and backslashes: a file made on Windows must not mean something else here.
  if (isAbsolute(location) || /^[A-Za-z]:|^\\/.test(location)) {
    throw errors.EXTERNAL_DATA_OUTSIDE(path, location, 'is an absolute path');
  }
  if (location === '' || location.includes('\0')) {
    throw errors.MODEL_DAMAGED(path, 'a tensor is kept in another file that is not named', { file: path });
  }
  if (location.split(/[\\/]/).includes('..')) {
    throw errors.EXTERNAL_DATA_OUTSIDE(path, location, 'leads out of it');
  }
  let real: string;
  try {
    real = realpathSync(resolve(folder, location));
  } catch {
    throw errors.EXTERNAL_DATA_MISSING(path, location);
  }
  const inside = realpathSync(folder);
  if (!real.startsWith(inside.endsWith(sep) ? inside : inside + sep)) {
    throw errors.EXTERNAL_DATA_OUTSIDE(path, location, 'is a link that leads out of it');
  }
  return real;
}

function openInside(path: string, location: string): OpenFile {
  const real = resolveInside(path, location);
  let descriptor: number;
  try {
    descriptor = openSync(real, 'r');
  } catch (cause) {
    throw errors.FILE_UNREADABLE(location, cause);
  }
  const stat = fstatSync(descriptor);
  if (!stat.isFile()) {
    closeSync(descriptor);
    throw errors.EXTERNAL_DATA_MISSING(path, location);
  }
  return { descriptor, size: stat.size, regions: new Map(), taken: 0 };
}

// Tensors may share a region, but one small file must not be multiplied into a large model.
function readRegion(
  file: OpenFile,
  offset: number,
  length: number,
  most: number,
  overlap: () => Error,
): Uint8Array {
  const key = `${offset}:${length}`;
  const known = file.regions.get(key);
  if (known !== undefined) return known;
  file.taken += length;
  if (file.taken > file.size) throw overlap();
  const bytes = new Uint8Array(length);
  // One read call transfers at most 2^31 - 1 bytes.
  for (let done = 0; done < length && length <= most; ) {
    const count = readSync(file.descriptor, bytes, done, Math.min(length - done, 1 << 30), offset + done);
    if (count === 0) break;
    done += count;
  }
  file.regions.set(key, bytes);
  return bytes;
}
