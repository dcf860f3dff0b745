// Reads a prediction log back, segment by segment, without holding more than a line in memory.

import { createReadStream, statSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import type { PredictionRecord } from './record.ts';
import { listSegments } from './segments.ts';

export type ReadLogOptions = {
  /** Only records of requests that arrived at or after this time, ms since 1970 … */
  readonly since?: number;
  /** … and before this one. */
  readonly until?: number;
};

export type LogReader = AsyncIterable<PredictionRecord> & {
  /** Torn or unreadable lines skipped so far. */
  readonly skipped: number;
};

/** A record is written after its request arrived: by the longest a request may take, with room to spare. */
const LAG_MS = 3_600_000;
/** A line longer than this is not one of ours. */
const MAX_LINE = 16 * 1024 * 1024;

/**
 * The records of a log folder, segments in order of their start. Within a segment records stand in the order of their replies;
 * segments of processes that ran side by side overlap in time.
 *
 * @example
 * const log = readLog('.mlctl/logs/iris');
 * for await (const record of log) latencies.push(record.latencyMs);
 * if (log.skipped > 0) warn(`${log.skipped} lines could not be read`);
 */
export function readLog(folder: string, { since = 0, until = Infinity }: ReadLogOptions = {}): LogReader {
  const reader = {
    skipped: 0,
    async *[Symbol.asyncIterator]() {
      for (const segment of listSegments(folder)) {
        if (segment.startedAt - LAG_MS >= until) continue;
        try {
          if (statSync(segment.path).mtimeMs < since) continue;
        } catch {
          // Deleted since it was listed: the log has moved on.
          continue;
        }
        for await (const line of readLines(segment.path)) {
          if (line === '') continue;
          const record = parseRecord(line);
          if (record === undefined) {
            reader.skipped++;
            continue;
          }
          const time = Date.parse(record.time);
          if (time >= since && time < until) yield record;
        }
      }
    },
  };
  return reader;
}

async function* readLines(path: string): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
      const lines = (rest + decoder.write(chunk as Buffer)).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
      if (rest.length > MAX_LINE) return;
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
  }
  yield rest;
}

/** undefined for what is not a record: half a line, or somebody else's. */
function parseRecord(line: string): PredictionRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const record = value as Partial<PredictionRecord>;
  const isRecord =
    typeof record.time === 'string' &&
    !Number.isNaN(Date.parse(record.time)) &&
    typeof record.id === 'string' &&
    typeof record.model === 'string' &&
    typeof record.status === 'number' &&
    typeof record.latencyMs === 'number' &&
    typeof record.rows === 'number';
  return isRecord ? (value as PredictionRecord) : undefined;
}
