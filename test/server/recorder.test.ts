// The prediction log as files: rotation, cap, torn lines, several writers, a folder that goes away.

import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { logLine, nestText, summaryText } from '../../src/server/log-line.ts';
import { readLog } from '../../src/server/log-reader.ts';
import type { PredictionRecord } from '../../src/server/record.ts';
import { openRecorder } from '../../src/server/recorder.ts';
import { listSegments } from '../../src/server/segments.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mlctl-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const line = (index: number, time = new Date(1_700_000_000_000 + index).toISOString()) =>
  logLine({
    time,
    id: `r${index}`,
    model: 'm',
    status: 200,
    latencyMs: 1,
    rows: 1,
    inputs: '{"x":[[1]]}',
    outputs: '{"y":[[2]]}',
  });

async function records(options?: Parameters<typeof readLog>[1]) {
  const log = readLog(folder, options);
  const all: PredictionRecord[] = [];
  for await (const record of log) all.push(record);
  return { all, skipped: log.skipped };
}

const options = (segmentBytes: number, maxBytes: number) => ({
  folder,
  segmentBytes,
  maxBytes,
  maxElements: 10,
});

describe('segments', () => {
  it('rotate at their size and are read in order', async () => {
    const recorder = openRecorder(options(1000, 1e6));
    for (let index = 0; index < 50; index++) recorder.write(line(index), 1);
    recorder.close();
    const segments = listSegments(folder);
    expect(segments.length).toBeGreaterThan(5);
    for (const { path } of segments) expect(statSync(path).size).toBeLessThanOrEqual(1000);
    const { all, skipped } = await records();
    expect(skipped).toBe(0);
    expect(all.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, index) => `r${index}`));
  });

  it('never take more than the cap, and the oldest go first', async () => {
    const recorder = openRecorder(options(1000, 5000));
    for (let index = 0; index < 500; index++) {
      recorder.write(line(index), 1);
      if (index % 10 === 0) {
        const total = listSegments(folder).reduce((sum, { path }) => sum + statSync(path).size, 0);
        expect(total).toBeLessThanOrEqual(5000);
      }
    }
    recorder.close();
    const { all } = await records();
    expect(all.at(-1)?.id).toBe('r499');
    const first = Number(all[0]?.id.slice(1));
    expect(first).toBeGreaterThan(400);
    expect(all.map(({ id }) => id)).toEqual(
      Array.from({ length: 500 - first }, (_, index) => `r${first + index}`),
    );
  });

  it('of other writers stay while they are written to, and go when they are old', () => {
    const other = openRecorder(options(1000, 2000));
    other.write(line(1), 1);
    const [theirs] = listSegments(folder);
    const mine = openRecorder(options(1000, 1000));
    for (let index = 0; index < 30; index++) mine.write(line(index), 1);
    expect(existsSync(theirs?.path ?? '')).toBe(true);
    utimesSync(theirs?.path ?? '', 1, 1);
    for (let index = 0; index < 30; index++) mine.write(line(index), 1);
    expect(existsSync(theirs?.path ?? '')).toBe(false);
    mine.close();
    other.close();
  });

  it('leave other files of the folder alone', () => {
    writeFileSync(join(folder, 'notes.txt'), 'x'.repeat(10_000));
    const recorder = openRecorder(options(500, 1000));
    for (let index = 0; index < 30; index++) recorder.write(line(index), 1);
    recorder.close();
    expect(readdirSync(folder)).toContain('notes.txt');
  });
});

describe('reading', () => {
  it('skips torn and foreign lines and counts them', async () => {
    const recorder = openRecorder(options(1e6, 1e6));
    recorder.write(line(0) + line(1), 2);
    recorder.close();
    const [segment] = listSegments(folder);
    appendFileSync(
      segment?.path ?? '',
      `not json\n{"time":"never"}\n[]\n\n${line(2)}${line(3).slice(0, 40)}`,
    );
    // Segments are in order of the millisecond they were begun in.
    await sleep(5);
    const second = openRecorder(options(1e6, 1e6));
    second.write(line(4), 1);
    second.close();
    const { all, skipped } = await records();
    expect(all.map(({ id }) => id)).toEqual(['r0', 'r1', 'r2', 'r4']);
    expect(skipped).toBe(4);
  });

  it('keeps characters that span two chunks whole', async () => {
    const recorder = openRecorder(options(1e7, 1e7));
    const id = 'é'.repeat(200_001);
    recorder.write(
      logLine({
        time: new Date().toISOString(),
        id,
        model: 'm',
        status: 400,
        latencyMs: 0,
        rows: 0,
        error: 'no',
      }),
      1,
    );
    recorder.close();
    expect((await records()).all[0]?.id).toBe(id);
  });

  it('is limited to a time', async () => {
    const recorder = openRecorder(options(1000, 1e6));
    const now = Date.now() - 30_000;
    for (let index = 0; index < 20; index++)
      recorder.write(line(index, new Date(now + index * 1000).toISOString()), 1);
    recorder.close();
    const { all } = await records({ since: now + 5000, until: now + 8000 });
    expect(all.map(({ id }) => id)).toEqual(['r5', 'r6', 'r7']);
  });

  it('of a folder that is not there finds nothing', async () => {
    rmSync(folder, { recursive: true });
    expect(await records()).toEqual({ all: [], skipped: 0 });
  });
});

describe('trouble', () => {
  it('with the disk drops lines, counts them, and ends when the trouble does', async () => {
    const recorder = openRecorder(options(200, 1e6));
    recorder.write(line(0), 1);
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'in the way');
    recorder.write(line(1) + line(2), 2);
    expect([...recorder.dropped.values()]).toEqual([2]);
    rmSync(folder);
    recorder.write(line(3), 1);
    recorder.close();
    expect((await records()).all.map(({ id }) => id)).toEqual(['r3']);
  });

  it('is reported when the folder cannot be made', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => openRecorder({ ...options(1, 1), folder: join(folder, 'file', 'log') })).toThrow(
      /cannot be written/,
    );
  });
});

describe('lines', () => {
  it('hold nested lists', () => {
    expect(nestText('1,2,3,4', [1, 4])).toBe('[[1,2,3,4]]');
    expect(nestText('1,2,3,4', [2, 2])).toBe('[[1,2],[3,4]]');
    expect(nestText('1,2,3,4', [2, 1, 2])).toBe('[[[1,2]],[[3,4]]]');
    expect(nestText('"a,\\"b",null,"c"', [3, 1])).toBe('[["a,\\"b"],[null],["c"]]');
    expect(nestText('5', [])).toBe('5');
  });

  it('hold a summary of what is long', () => {
    const data = Float32Array.of(1, Number.NaN, 3, Infinity);
    expect(JSON.parse(summaryText({ dtype: 'float32', dims: [1, 4], data }))).toEqual({
      shape: [1, 4],
      min: 1,
      max: 3,
      mean: 2,
      missing: 2,
    });
  });

  it('are one line each, whatever is in them', () => {
    const text = logLine({
      time: 't',
      id: 'a\nb',
      model: 'm"',
      status: 500,
      latencyMs: 1.23456,
      rows: 0,
      error: 'x\ny',
    });
    expect(text.split('\n')).toHaveLength(2);
    expect(JSON.parse(text)).toEqual({
      time: 't',
      id: 'a\nb',
      model: 'm"',
      status: 500,
      latencyMs: 1.235,
      rows: 0,
      error: 'x\ny',
    });
  });
});
