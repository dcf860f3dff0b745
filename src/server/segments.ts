// The files of a prediction log: how they are named, which there are, and which go when the log is too large.

import { randomBytes } from 'node:crypto';
import { readdirSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

export type Segment = {
  readonly path: string;
  readonly name: string;
  /** Start of the segment, ms since 1970. */
  readonly startedAt: number;
  /** Which writer made it: several processes may log into one folder. */
  readonly writer: string;
};

/** Tells this process's segments from others'. Random rather than the pid, which containers share. */
export function newWriter(): string {
  return randomBytes(4).toString('hex');
}

/** `20251124T231502123Z-1f2e3d4c-000001.jsonl`: names sort by start, then by writer and number. */
export function segmentName(startedAt: number, writer: string, number: number): string {
  const time = new Date(startedAt).toISOString().replace(/[-:.]/g, '');
  return `${time}-${writer}-${String(number).padStart(6, '0')}.jsonl`;
}

const pattern = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-([0-9a-f]{8})-\d{6,}\.jsonl$/;

/** Segments in order of their start. A folder that is not there has none. */
export function listSegments(folder: string): Segment[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw cause;
  }
  return names.sort().flatMap((name) => {
    const parts = pattern.exec(name);
    if (!parts) return [];
    const [, year, month, day, hour, minute, second, ms, writer = ''] = parts;
    const startedAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
    return Number.isNaN(startedAt) ? [] : [{ path: join(folder, name), name, startedAt, writer }];
  });
}

/** A writer silent for this long is not about to write; it checks that its file still exists before it does. */
const QUIET_MS = 60_000;

/**
 * Deletes the oldest segments until the log takes at most `maxBytes`. The newest segment of each writer stays while that
 * writer is active, so that no other process loses the file it writes to.
 */
export function prune(folder: string, maxBytes: number, ownWriter: string, now: number): void {
  const segments = listSegments(folder).flatMap((segment) => {
    try {
      const { size, mtimeMs } = statSync(segment.path);
      return [{ ...segment, size, mtimeMs }];
    } catch {
      // Another process has pruned it.
      return [];
    }
  });
  const newest = new Map(segments.map((segment) => [segment.writer, segment.path]));
  let total = segments.reduce((sum, { size }) => sum + size, 0);
  for (const { path, writer, size, mtimeMs } of segments) {
    if (total <= maxBytes) return;
    const isInUse = newest.get(writer) === path && (writer === ownWriter || now - mtimeMs < QUIET_MS);
    if (isInUse) continue;
    try {
      unlinkSync(path);
    } catch {
      // Gone already, or not ours to delete; the rest may still be.
    }
    total -= size;
  }
}
