// Appends to the prediction log. Lines are handed to the operating system before their replies are sent, so a process that
// is killed has logged everything it answered; only a crash of the machine can lose more than the last line.

import { closeSync, fstatSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { errors } from '../errors.ts';
import type { LogOptions } from './definition.ts';
import { newWriter, prune, segmentName } from './segments.ts';

export type Recorder = {
  /** Appends whole lines, `count` of them, in one write. Never throws: lines that cannot be written are dropped and counted. */
  write(lines: string, count: number): void;
  /** Lines lost, by the operating system's reason. */
  readonly dropped: ReadonlyMap<string, number>;
  close(): void;
};

/** How often an active writer makes sure that its file has not been deleted. */
const CHECK_MS = 1000;

/** Errors: FILE_UNWRITABLE when the folder cannot be made or written to. */
export function openRecorder({ folder, segmentBytes, maxBytes }: LogOptions): Recorder {
  const writer = newWriter();
  const dropped = new Map<string, number>();
  let file: number | undefined;
  let size = 0;
  let number = 0;
  let checkedAt = 0;
  // The last write ended inside a line; the next one must not continue it.
  let isTorn = false;

  const closeSegment = () => {
    if (file === undefined) return;
    closeSync(file);
    file = undefined;
  };

  const openSegment = (now: number): number => {
    closeSegment();
    mkdirSync(folder, { recursive: true });
    // Room for the segment about to grow is made now, so that the cap holds at all times.
    prune(folder, Math.max(0, maxBytes - segmentBytes), writer, now);
    number++;
    file = openSync(join(folder, segmentName(now, writer, number)), 'ax', 0o640);
    size = 0;
    isTorn = false;
    checkedAt = now;
    return file;
  };

  try {
    openSegment(Date.now());
  } catch (cause) {
    throw errors.FILE_UNWRITABLE(folder, cause);
  }

  return {
    dropped,
    write(lines, count) {
      const bytes = Buffer.from(isTorn ? `\n${lines}` : lines);
      try {
        const now = Date.now();
        let target = file;
        if (target === undefined || (size > 0 && size + bytes.length > segmentBytes)) {
          target = openSegment(now);
        } else if (now - checkedAt > CHECK_MS) {
          checkedAt = now;
          if (fstatSync(target).nlink === 0) target = openSegment(now);
        }
        let done = 0;
        isTorn = true;
        while (done < bytes.length) done += writeSync(target, bytes, done);
        isTorn = false;
        size += bytes.length;
      } catch (cause) {
        const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown';
        dropped.set(reason, (dropped.get(reason) ?? 0) + count);
      }
    },
    close: closeSegment,
  };
}
