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

/** An open archive. Close it, or its descriptor leaks. */
export type ZipFile = {
  readonly path: string;
  /** Entries that can be named: folders and names that leave the archive (`../x`, `/x`) are left out. */
  readonly names: readonly string[];
  /** The content of an entry, after its length and checksum were found right. Errors: MODEL_DAMAGED, ARCHIVE_UNSUPPORTED. */
  open(name: string, mostBytes?: number): Promise<ByteSource>;
  close(): void;
};

type Entry = {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly bytes: number;
  /** Of its local header. */
  readonly offset: number;
};

const END = 0x06054b50;
const END_BYTES = 22;
const CENTRAL = 0x02014b50;
const CENTRAL_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const MOST_COMMENT = 0xffff;
const MOST_ENTRIES = 10_000;
const MOST_DIRECTORY = 16 * 1024 * 1024;
const IS_64 = 0xffffffff;
const STORED = 0;
const DEFLATED = 8;
/** Deflate makes at most 1032 bytes from one. */
const MOST_EXPANSION = 1032;
/** Weights hardly compress: much unpacked from little is a bomb, and up to here it does no harm. */
const HARMLESS_BYTES = 256 * 1024 * 1024;
const LIKELY_EXPANSION = 20;
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

function readDirectory(file: ByteSource, path: string): Map<string, Entry> {
  const fail = (problem: string): never => {
    throw errors.MODEL_DAMAGED(path, problem);
  };
  const tail = take(file, Math.max(0, file.bytes - END_BYTES - MOST_COMMENT), END_BYTES + MOST_COMMENT);
  let at = tail.length - END_BYTES;
  while (
    at >= 0 &&
    !(tail.readUInt32LE(at) === END && at + END_BYTES + tail.readUInt16LE(at + 20) === tail.length)
  )
    at--;
  if (at < 0) return fail('the directory at the end of the zip file is missing; it is cut off');
  const end = file.bytes - tail.length + at;
  const count = tail.readUInt16LE(at + 10);
  const length = tail.readUInt32LE(at + 12);
  const start = tail.readUInt32LE(at + 16);
  if (count === 0xffff || length === IS_64 || start === IS_64) {
    throw errors.ARCHIVE_UNSUPPORTED(path, 'it is larger than 4 GB (ZIP64)');
  }
  if (count > MOST_ENTRIES || length > MOST_DIRECTORY)
    fail(`its directory has ${count} entries in ${length} bytes`);
  if (start + length > end) fail('the directory of the zip file lies outside of it');
  return readEntries(take(file, start, length), count, fail);
}

function readEntries(directory: Buffer, count: number, fail: (problem: string) => never): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + CENTRAL_BYTES > directory.length || directory.readUInt32LE(at) !== CENTRAL) {
      fail(`entry ${index} of the zip file's directory is not one`);
    }
    const nameBytes = directory.readUInt16LE(at + 28);
    const next =
      at + CENTRAL_BYTES + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    if (next > directory.length) fail(`entry ${index} of the zip file's directory is cut off`);
    const name = directory.toString('utf8', at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameBytes);
    if (isInside(name)) {
      if (entries.has(name)) fail(`${name} is in the zip file twice`);
      entries.set(name, {
        name,
        flags: directory.readUInt16LE(at + 8),
        method: directory.readUInt16LE(at + 10),
        crc: directory.readUInt32LE(at + 16),
        packed: directory.readUInt32LE(at + 20),
        bytes: directory.readUInt32LE(at + 24),
        offset: directory.readUInt32LE(at + 42),
      });
    }
    at = next;
  }
  return entries;
}

function isInside(name: string): boolean {
  const parts = name.split(/[\\/]/);
  return !/^[a-z]:/i.test(name) && parts.every((part) => part !== '' && part !== '.' && part !== '..');
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
    fail(`${name} would become ${bytes} bytes from ${packed}, which no weights do`);
  }
  const local = take(file, entry.offset, LOCAL_BYTES);
  if (local.length < LOCAL_BYTES || local.readUInt32LE(0) !== LOCAL)
    fail(`${name} is not where the directory says`);
  const start = entry.offset + LOCAL_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28);
  if (start + packed > file.bytes) fail(`${name} is cut off`);
  const source =
    method === STORED
      ? fileSource(descriptor, start, bytes)
      : memorySource(await inflate(fileSource(descriptor, start, packed), entry, fail));
  if (checksum(source) !== entry.crc) fail(`the checksum of ${name} is not the one in the zip file`);
  return source;
}

function refuseKind(path: string, { name, flags, method, packed, bytes, offset }: Entry): void {
  if ((flags & 0x2041) !== 0) throw errors.ARCHIVE_UNSUPPORTED(path, `${name} is encrypted`);
  if (method !== STORED && method !== DEFLATED) {
    throw errors.ARCHIVE_UNSUPPORTED(
      path,
      `${name} is compressed with method ${method}, which is not deflate`,
    );
  }
  if ([packed, bytes, offset].includes(IS_64)) {
    throw errors.ARCHIVE_UNSUPPORTED(path, `${name} is larger than 4 GB (ZIP64)`);
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

function take(file: ByteSource, start: number, length: number): Buffer {
  const buffer = Buffer.alloc(Math.max(0, Math.min(length, file.bytes - start)));
  return buffer.subarray(0, file.read(buffer, start));
}
