// Reads single entries of a zip file, treating it as coming from a stranger: only what is asked for is unpacked, into
// no more memory than its directory declares, and nothing is ever written to disk. What is stored without compression
// is read in place, so that weights of any size need no copy. fflate (datasets/npz.ts) would need the whole file in
// memory and does not look at checksums.
// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT

import { closeSync, fstatSync, openSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import { errors, MlctlError } from '../errors.ts';
import { type ByteSource, fileSource, memorySource } from './byte-source.ts';
import { type Entry, readDirectory, take } from './zip-directory.ts';

/** An open archive. Close it, or its descriptor leaks. */
export type ZipFile = {
  readonly path: string;
  /** Entries that can be named: folders and names that leave the archive (`../x`, `/x`) are left out. */
  readonly names: readonly string[];
  /** The content of an entry, after its length and checksum were found right. Errors: MODEL_DAMAGED, ARCHIVE_UNSUPPORTED. */
  open(name: string, mostBytes?: number): Promise<ByteSource>;
  close(): void;
};

const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;
/** Deflate makes at most 1032 bytes from one. */
const MOST_EXPANSION = 1032;
/**
 * Trained weights hardly compress, and those of which 99 in 100 were set to zero by about fifty: much more unpacked from
 * little is a bomb. Up to so many bytes it does no harm.
 */
const HARMLESS_BYTES = 256 * 1024 * 1024;
const LIKELY_EXPANSION = 100;
const PIECE = 4 * 1024 * 1024;

/** Errors: FILE_NOT_FOUND, FILE_UNREADABLE, MODEL_DAMAGED, ARCHIVE_UNSUPPORTED. */
export function openZip(path: string): ZipFile {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw isMissing ? errors.FILE_NOT_FOUND(path) : errors.FILE_UNREADABLE(path, cause);
  }
  try {
    const file = fileSource(descriptor, 0, fstatSync(descriptor).size);
    const entries = readDirectory(file, path);
    return {
      path,
      names: [...entries.keys()],
      open: (name, mostBytes = Number.MAX_SAFE_INTEGER) =>
        openEntry({ path, descriptor, file }, entries.get(name), name, mostBytes),
      close: () => closeSync(descriptor),
    };
  } catch (cause) {
    closeSync(descriptor);
    throw cause instanceof MlctlError ? cause : errors.FILE_UNREADABLE(path, cause);
  }
}

type Archive = { readonly path: string; readonly descriptor: number; readonly file: ByteSource };

async function openEntry(
  { path, descriptor, file }: Archive,
  entry: Entry | undefined,
  name: string,
  mostBytes: number,
): Promise<ByteSource> {
  const fail = (problem: string): never => {
    throw errors.MODEL_DAMAGED(path, problem);
  };
  if (entry === undefined) return fail(`it has no ${name}`);
  refuseKind(path, entry);
  const { bytes, packed, method } = entry;
  if (bytes > mostBytes) fail(`${name} claims ${bytes} bytes, more than it can have`);
  const isPlausible = method === STORED ? bytes === packed : bytes <= packed * MOST_EXPANSION + 64;
  if (!isPlausible) fail(`${name} claims ${bytes} bytes made from ${packed}`);
  if (bytes > HARMLESS_BYTES && bytes > packed * LIKELY_EXPANSION) {
    fail(
      `${name} would become ${bytes} bytes from ${packed}, which no trained weights do; if they are, zip it without compression`,
    );
  }
  const local = take(file, entry.offset, LOCAL_BYTES);
  if (local.length < LOCAL_BYTES || local.readUInt32LE(0) !== LOCAL)
    fail(`${name} is not where the directory says`);
  const start = entry.offset + LOCAL_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28);
  if (start + packed > file.bytes) fail(`${name} is cut off`);
  const source =
    method === STORED
      ? fileSource(descriptor, start, bytes)
      : { ...memorySource(await inflate(fileSource(descriptor, start, packed), entry, fail)), packed };
  if (checksum(source) !== entry.crc) fail(`the checksum of ${name} is not the one in the zip file`);
  return source;
}

function refuseKind(path: string, { name, flags, method }: Entry): void {
  if ((flags & 0x2041) !== 0) throw errors.ARCHIVE_UNSUPPORTED(path, `${name} is encrypted`);
  if (method !== STORED && method !== DEFLATED) {
    throw errors.ARCHIVE_UNSUPPORTED(
      path,
      `${name} is compressed with method ${method}, which is not deflate`,
    );
  }
}

async function inflate(
  packed: ByteSource,
  { name, bytes }: Entry,
  fail: (problem: string) => never,
): Promise<Uint8Array> {
  const content = new Uint8Array(bytes);
  let done = 0;
  const tooMuch = `${name} becomes more than the ${bytes} bytes it claims`;
  const collect = async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      done += chunk.length;
      if (done > bytes) throw new RangeError(tooMuch);
      content.set(chunk, done - chunk.length);
    }
  };
  try {
    await pipeline(pieces(packed), createInflateRaw(), collect);
  } catch (cause) {
    // The pipeline reports that it was stopped, not why.
    if (done > bytes) fail(tooMuch);
    fail(`${name} cannot be unpacked: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  if (done !== bytes) fail(`${name} becomes ${done} bytes instead of the ${bytes} it claims`);
  return content;
}

function* pieces(source: ByteSource): Generator<Buffer> {
  for (let at = 0; at < source.bytes; at += PIECE) {
    // A new one each time: whoever takes it may still be at work on it when the next is asked for.
    const piece = Buffer.alloc(Math.min(PIECE, source.bytes - at));
    yield piece.subarray(0, source.read(piece, at));
  }
}

function checksum(source: ByteSource): number {
  const piece = Buffer.alloc(Math.min(PIECE, source.bytes));
  let sum = 0;
  for (let at = 0; at < source.bytes; at += piece.length) {
    sum = crc32(piece.subarray(0, source.read(piece, at)), sum);
  }
  return sum;
}
