// The HDF5 library never returns from a global heap with an object of index 0 and size 0 before its end (2.0.0,
// H5HG: the object's size is what it moves on by). Such a heap is not valid; it is looked for before the library is
// called, because code in WebAssembly cannot be interrupted.
// https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html#subsec_fmt3_infra_globalheap

import type { ByteSource } from './byte-source.ts';

const SIGNATURE = Buffer.from('GCOL\x01');
const PIECE = 4 * 1024 * 1024;
const INDEX_AND_COUNT = 8;

/** True when some global heap of the file would keep the library busy for ever. Reads the file once. */
export function hasEndlessHeap(file: ByteSource, lengthSize: number): boolean {
  const { bytes } = file;
  const piece = Buffer.alloc(Math.min(PIECE, bytes));
  // Heaps of a real file do not overlap; this much reading is only reached by made-up ones.
  let budget = 2 * bytes + PIECE;
  for (let start = 0; start < bytes; start += piece.length - SIGNATURE.length + 1) {
    const read = file.read(piece, start);
    if (read < SIGNATURE.length) break;
    const part = piece.subarray(0, read);
    for (let at = part.indexOf(SIGNATURE); at >= 0; at = part.indexOf(SIGNATURE, at + 1)) {
      const heap = readHeap(file, start + at, lengthSize);
      budget -= heap.length;
      if (budget < 0 || isEndless(heap, lengthSize)) return true;
    }
  }
  return false;
}

function readHeap(file: ByteSource, start: number, lengthSize: number): Buffer {
  const header = Buffer.alloc(8 + lengthSize);
  file.read(header, start);
  const stated = readLength(header, 8, lengthSize);
  const heap = Buffer.alloc(Math.max(0, Math.min(stated, file.bytes - start)));
  file.read(heap, start);
  return heap;
}

function isEndless(heap: Buffer, lengthSize: number): boolean {
  const objectHeader = align(INDEX_AND_COUNT + lengthSize);
  for (let at = align(8 + lengthSize); at + objectHeader <= heap.length; ) {
    const index = heap.readUInt16LE(at);
    const size = readLength(heap, at + INDEX_AND_COUNT, lengthSize);
    const step = index === 0 ? size : objectHeader + align(size);
    if (step === 0) return true;
    at += step;
  }
  return false;
}

function readLength(buffer: Buffer, at: number, lengthSize: number): number {
  if (lengthSize === 8) return Number(buffer.readBigUInt64LE(at));
  return buffer.readUIntLE(at, lengthSize);
}

function align(size: number): number {
  return Math.ceil(size / 8) * 8;
}
