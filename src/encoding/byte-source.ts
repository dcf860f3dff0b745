// Bytes that can be read at any place without holding them all: a file, a part of one, or memory.

import { readSync } from 'node:fs';

export type ByteSource = {
  readonly bytes: number;
  /** What they were unpacked from, where they were. */
  readonly packed?: number;
  /** Fills `target` from `position` on; returns how many bytes there were. */
  read(target: Uint8Array, position: number): number;
};

/** A part of an open file. Closing the file is left to whoever opened it. */
export function fileSource(descriptor: number, start: number, bytes: number): ByteSource {
  return {
    bytes,
    read(target, position) {
      const length = Math.max(0, Math.min(target.length, bytes - position));
      let done = 0;
      while (done < length) {
        const read = readSync(descriptor, target, done, length - done, start + position + done);
        if (read === 0) break;
        done += read;
      }
      return done;
    },
  };
}

export function memorySource(content: Uint8Array): ByteSource {
  return {
    bytes: content.length,
    read(target, position) {
      const part = content.subarray(position, position + target.length);
      target.set(part);
      return part.length;
    },
  };
}
