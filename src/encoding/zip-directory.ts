// The directory at the end of a zip file: which entries there are and where. Sizes and places beyond 4 GB are in
// records of their own (ZIP64), which Python's zipfile writes for entries above 2 GB.
// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3.12 to 4.3.16 and 4.5.3

import { errors } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';

export type Entry = {
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
const LOCATOR = 0x07064b50;
const LOCATOR_BYTES = 20;
const END_64 = 0x06064b50;
const END_64_BYTES = 56;
const CENTRAL = 0x02014b50;
const CENTRAL_BYTES = 46;
const MOST_COMMENT = 0xffff;
const MOST_ENTRIES = 10_000;
const MOST_DIRECTORY = 16 * 1024 * 1024;
const IS_64 = 0xffffffff;
const EXTRA_64 = 0x0001;

type Fail = (problem: string) => never;

/** Entries that can be named: folders and names that leave the archive (`../x`, `/x`) are left out. Errors: MODEL_DAMAGED. */
export function readDirectory(file: ByteSource, path: string): Map<string, Entry> {
  const fail: Fail = (problem) => {
    throw errors.MODEL_DAMAGED(path, problem);
  };
  const { count, length, start, end } = findDirectory(file, fail);
  if (count > MOST_ENTRIES || length > MOST_DIRECTORY)
    fail(`its directory has ${count} entries in ${length} bytes`);
  if (start + length > end) fail('the directory of the zip file lies outside of it');
  return readEntries(take(file, start, length), count, fail);
}

type Place = {
  readonly count: number;
  readonly length: number;
  readonly start: number;
  /** Where the record that says so begins: after the directory. */
  readonly end: number;
};

function findDirectory(file: ByteSource, fail: Fail): Place {
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
  const isLarge = count === 0xffff || length === IS_64 || start === IS_64;
  return (isLarge ? findDirectory64(file, end, fail) : undefined) ?? { count, length, start, end };
}

/** undefined: there is no such record, and the numbers in the ordinary one are meant as they are. */
function findDirectory64(file: ByteSource, end: number, fail: Fail): Place | undefined {
  if (end < LOCATOR_BYTES) return undefined;
  const locator = take(file, end - LOCATOR_BYTES, LOCATOR_BYTES);
  if (locator.length < LOCATOR_BYTES || locator.readUInt32LE(0) !== LOCATOR) return undefined;
  const at = large(locator, 8, fail);
  const record = take(file, at, END_64_BYTES);
  if (record.length < END_64_BYTES || record.readUInt32LE(0) !== END_64)
    return fail('the ZIP64 directory of the zip file is not where its locator says');
  return {
    count: large(record, 32, fail),
    length: large(record, 40, fail),
    start: large(record, 48, fail),
    end: at,
  };
}

function readEntries(directory: Buffer, count: number, fail: Fail): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + CENTRAL_BYTES > directory.length || directory.readUInt32LE(at) !== CENTRAL) {
      fail(`entry ${index} of the zip file's directory is not one`);
    }
    const extra = at + CENTRAL_BYTES + directory.readUInt16LE(at + 28);
    const comment = extra + directory.readUInt16LE(at + 30);
    const next = comment + directory.readUInt16LE(at + 32);
    if (next > directory.length) fail(`entry ${index} of the zip file's directory is cut off`);
    const name = directory.toString('utf8', at + CENTRAL_BYTES, extra);
    if (isInside(name)) {
      if (entries.has(name)) fail(`${name} is in the zip file twice`);
      entries.set(name, {
        name,
        flags: directory.readUInt16LE(at + 8),
        method: directory.readUInt16LE(at + 10),
        crc: directory.readUInt32LE(at + 16),
        ...sizes(directory.subarray(at, at + CENTRAL_BYTES), directory.subarray(extra, comment), name, fail),
      });
    }
    at = next;
  }
  return entries;
}

/** A number that is all ones is in the extra field instead; those that are not are left out there. */
function sizes(
  header: Buffer,
  extra: Buffer,
  name: string,
  fail: Fail,
): Pick<Entry, 'packed' | 'bytes' | 'offset'> {
  const field = extraField(extra, EXTRA_64);
  let at = 0;
  const read = (place: number): number => {
    const value = header.readUInt32LE(place);
    if (value !== IS_64 || field === undefined) return value;
    if (at + 8 > field.length) return fail(`the sizes of ${name} in the zip file are missing`);
    at += 8;
    return large(field, at - 8, fail);
  };
  const bytes = read(24);
  const packed = read(20);
  return { bytes, packed, offset: read(42) };
}

function extraField(extra: Buffer, id: number): Buffer | undefined {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === id) return extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
  }
  return undefined;
}

function large(buffer: Buffer, at: number, fail: Fail): number {
  const value = buffer.readBigUInt64LE(at);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : fail('a size in the zip file is not one');
}

function isInside(name: string): boolean {
  const parts = name.split(/[\\/]/);
  return !/^[a-z]:/i.test(name) && parts.every((part) => part !== '' && part !== '.' && part !== '..');
}

/** What of the range is in the file. */
export function take(file: ByteSource, start: number, length: number): Buffer {
  const buffer = Buffer.alloc(Math.max(0, Math.min(length, file.bytes - start)));
  return buffer.subarray(0, file.read(buffer, start));
}
