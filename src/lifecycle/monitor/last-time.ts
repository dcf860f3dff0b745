// When the newest record of a log arrived, without reading the log: from the ends of its newest segments.

import { open } from 'node:fs/promises';
import { listSegments } from '../../server/segments.ts';

const tail = 256 * 1024;

/** ms since 1970; undefined when no complete record is near the end. */
export async function lastTime(folder: string): Promise<number | undefined> {
  const newest = new Map(listSegments(folder).map((segment) => [segment.writer, segment.path]));
  let last: number | undefined;
  for (const path of newest.values()) {
    for (const line of (await readEnd(path)).split('\n')) {
      const time = /"time":"([^"]+)"/.exec(line)?.[1];
      const ms = time === undefined ? Number.NaN : Date.parse(time);
      if (!Number.isNaN(ms) && (last === undefined || ms > last)) last = ms;
    }
  }
  return last;
}

async function readEnd(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const length = Math.min(size, tail);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
