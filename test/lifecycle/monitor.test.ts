// Monitor on seeded logs: each trouble is found where it is and nothing else fires.

import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeProject } from '../../fixtures/monitor/make.ts';
import { logLines, writeLog } from '../../fixtures/monitor/make-log.ts';
import { quietContext } from '../../src/context.ts';
import type { Diagnostic } from '../../src/diagnostics.ts';
import { type MonitorOptions, monitor } from '../../src/lifecycle/monitor.ts';
import { segmentName } from '../../src/server/segments.ts';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mlctl-monitor-'));
  await writeProject(folder, 1500);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function watch(plan: Parameters<typeof writeLog>[1], options: MonitorOptions = {}) {
  const log = mkdtempSync(join(folder, 'log-'));
  writeLog(log, plan);
  return run({ log, ...options });
}

async function run(options: MonitorOptions) {
  const diagnostics: Diagnostic[] = [];
  const context = quietContext({ cwd: folder, diagnose: (diagnostic) => diagnostics.push(diagnostic) });
  const result = await monitor({ config: 'mlctl.yaml', ...options }, context);
  const drifted = [...new Set(result.drift.filter((row) => row.drifted).map(({ feature }) => feature))];
  return { result, drifted, codes: diagnostics.map(({ code }) => code) };
}

const minutesFrom = (time: string | null | undefined, clock: string) =>
  Math.abs(Date.parse(time ?? '') - Date.parse(`2025-06-03T${clock}:00Z`)) / 60_000;

describe('a normal day', () => {
  it.each([1, 2, 3])('fires nothing (seed %d)', async (seed) => {
    const { result, drifted, codes } = await watch({ seed });
    expect(drifted).toEqual([]);
    expect(result.alerts).toEqual([]);
    expect(result.anomalies.spikes).toEqual([]);
    expect(result.status).toBe('ok');
    expect(codes).toEqual([]);
  });
  it('counts requests, rows, latency and throughput', async () => {
    const { result } = await watch({ requests: 400 });
    const lines = logLines({ requests: 400 }, Date.parse('2025-06-03T00:00:00Z'));
    const latencies = lines
      .map((line) => (JSON.parse(line) as { latencyMs: number }).latencyMs)
      .sort((a, b) => a - b);
    const at = (q: number) => {
      const rank = q * (latencies.length - 1);
      const [low, high] = [latencies[Math.floor(rank)] ?? 0, latencies[Math.ceil(rank)] ?? 0];
      return low + (high - low) * (rank - Math.floor(rank));
    };
    expect(result).toMatchObject({ model: 'load', requests: 400, rows: 400, errors: 0, skippedLines: 0 });
    expect(result.latencyMs.p50).toBeCloseTo(at(0.5), 9);
    expect(result.latencyMs.p99).toBeCloseTo(at(0.99), 9);
    expect(result.throughput.reduce((sum, bucket) => sum + bucket.requests, 0)).toBe(400);
    expect(result.window.bucketSeconds).toBe(600);
    expect(result.versions.map(({ version }) => version)).toEqual(['1', '2']);
  });
  it('compares predictions with the model run on the reference data', async () => {
    const { result } = await watch({ requests: 400 });
    expect(result.reference.inputs).toMatchObject({ from: 'data', path: 'reference.csv', rows: 1500 });
    expect(result.reference.predictions).toMatchObject({ from: 'model', path: 'load.onnx' });
    expect(result.reference.predictions.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(result.drift.filter(({ role }) => role === 'prediction').map(({ test }) => test)).toEqual([
      'chi-square',
      'psi',
    ]);
    const classes = result.distributions.find(({ role }) => role === 'prediction');
    expect(new Set(classes?.labels)).toEqual(new Set(['low', 'mid', 'high']));
  });
});

describe('trouble', () => {
  it('a shift of one feature at 14:00', async () => {
    const { result, drifted } = await watch({ shiftFrom: 14 });
    expect(drifted).toEqual(['humidity']);
    expect(result.alerts.map(({ when }) => when)).toEqual(['drift']);
    expect(result.alerts[0]?.features).toEqual(['humidity']);
    expect(minutesFrom(result.alerts[0]?.since, '14:00')).toBeLessThan(20);
    expect(result.anomalies.spikes).toEqual([]);
    expect(result.status).toBe('alert');
  });
  it('a shift that the whole day hides is found in the last hours', async () => {
    const { drifted } = await watch({ shiftFrom: 21.5 });
    expect(drifted).toEqual([]);
    const late = await watch({ shiftFrom: 21.5 }, { window: '2h' });
    expect(late.drifted).toEqual(['humidity']);
    expect(late.result.window.from?.slice(11, 13)).toBe('21');
  });
  it('an error burst at 10:00, also by status', async () => {
    const { result, drifted } = await watch({ errorsBetween: [10, 11.5] });
    expect(result.errorsByStatus).toEqual({ 500: result.errors });
    expect(result.anomalies.spikes.map(({ what }) => what)).toEqual(['errors']);
    expect(minutesFrom(result.anomalies.spikes[0]?.from, '10:00')).toBe(0);
    expect(minutesFrom(result.anomalies.spikes[0]?.to, '11:30')).toBeLessThanOrEqual(10);
    expect(drifted).toEqual([]);
    expect(result.alerts).toEqual([]);
  });
  it('errors above 5 % of requests are an alert', async () => {
    const { result } = await watch({ errorsBetween: [9, 14] });
    expect(result.alerts.map(({ when }) => when)).toEqual(['errors']);
    expect(result.alerts[0]?.value).toBeCloseTo(result.errors / result.requests, 12);
  });
  it('a latency spike at 18:00', async () => {
    const { result, drifted } = await watch({ slowBetween: [18, 18.5] });
    expect(result.anomalies.spikes.map(({ what }) => what)).toEqual(['latency']);
    expect(minutesFrom(result.anomalies.spikes[0]?.from, '18:00')).toBe(0);
    expect(minutesFrom(result.anomalies.spikes[0]?.to, '18:30')).toBe(0);
    expect(drifted).toEqual([]);
    expect(result.alerts).toEqual([]);
  });
  it('missing values, against their share in the reference', async () => {
    const { result } = await watch({ missing: 0.03 });
    expect(result.missing).toHaveLength(1);
    expect(result.missing[0]).toMatchObject({ feature: 'wind', referenceShare: 0 });
    expect(result.missing[0]?.share).toBeGreaterThan(0.02);
    expect(result.missing[0]?.share).toBeLessThan(0.04);
  });
  it('a row far out: named, timed, and out of range', async () => {
    const normal = await watch({});
    const { result } = await watch({ outlierAt: 12 });
    const [top] = result.anomalies.top;
    expect(top?.features[0]).toMatchObject({ feature: 'temperature', value: 1000 });
    expect(minutesFrom(top?.time, '12:00')).toBeLessThan(2);
    expect(result.anomalies.rows ?? 0).toBeGreaterThan(normal.result.anomalies.rows ?? 0);
    const range = (rows: typeof result.outOfRange) =>
      rows.find(({ feature }) => feature === 'temperature')?.count ?? 0;
    expect(range(result.outOfRange)).toBeGreaterThan(range(normal.result.outOfRange));
  });
  it('few rows of an unchanged log are anomalies', async () => {
    const { result } = await watch({});
    expect(result.anomalies.share).toBeLessThan(0.01);
  });
  it('a torn last line is skipped and said', async () => {
    const { result, codes } = await watch({ requests: 300, torn: true });
    expect(result).toMatchObject({ requests: 299, skippedLines: 1, status: 'ok' });
    expect(codes).toEqual(['LOG_LINES_SKIPPED']);
  });
});

describe('what is read', () => {
  it('since and until bound the window', async () => {
    const { result } = await watch({}, { since: '2025-06-03T06:00Z', until: '2025-06-03T07:00Z' });
    expect(result.window.from?.slice(0, 13)).toBe('2025-06-03T06');
    expect(result.window.to?.slice(0, 13)).toBe('2025-06-03T06');
  });
  it('without reference data and model, the earlier part of the log stands in', async () => {
    const log = mkdtempSync(join(folder, 'log-'));
    writeLog(log, { shiftFrom: 14 });
    const context = quietContext({ cwd: log });
    const result = await monitor({ log: '.' }, context);
    expect(result.reference.inputs.from).toBe('log');
    expect(result.drift.filter((row) => row.drifted).map(({ feature }) => feature)).toEqual([
      'weather[1]',
      'weather[1]',
    ]);
    const [row] = result.drift.filter(({ drifted }) => drifted);
    expect(minutesFrom(row?.since, '14:00')).toBeLessThan(20);
  });
  it('too few rows are said to be too few', async () => {
    const { result } = await watch({ requests: 30, shiftFrom: 0 });
    expect(new Set(result.drift.map(({ reason }) => reason))).toEqual(new Set(['not enough data']));
    expect(result.status).toBe('ok');
  });
  it('an empty log folder is a result: no requests yet', async () => {
    const log = mkdtempSync(join(folder, 'log-'));
    const { result } = await run({ log });
    expect(result).toMatchObject({ status: 'empty', requests: 0, alerts: [], errorRate: 0 });
  });
  it('a folder that is not there is LOG_NOT_FOUND', async () => {
    await expect(run({ log: 'nowhere' })).rejects.toMatchObject({ code: 'LOG_NOT_FOUND' });
  });
  it('a name the log does not have shows the one it has, with a warning', async () => {
    const log = mkdtempSync(join(folder, 'log-'));
    writeLog(log, { requests: 200 });
    writeFileSync(join(folder, 'other.yaml'), 'apiVersion: mlctl/v1\nname: other\nmodel: load.onnx\n');
    const { result, codes } = await run({ config: 'other.yaml', log });
    expect(result).toMatchObject({ model: 'load', requests: 200 });
    expect(codes).toContain('LOG_OTHER_MODEL');
  });
  it('a reference with other columns is refused and says what to do', async () => {
    writeFileSync(join(folder, 'wrong.csv'), 'a,b\n1,2\n3,4\n');
    const log = mkdtempSync(join(folder, 'log-'));
    writeLog(log, { requests: 100 });
    await expect(run({ log, reference: 'wrong.csv' })).rejects.toMatchObject({ code: 'COLUMN_MISSING' });
  });
  it('unknown methods and odd durations are usage errors', async () => {
    await expect(run({ method: 'kz' })).rejects.toMatchObject({ code: 'USAGE', hint: 'did you mean ks?' });
    await expect(run({ since: 'yesterday' })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(run({ window: '0h' })).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('alerts of the manifest', () => {
  it('replace the defaults and fire on their own limits', async () => {
    writeFileSync(
      join(folder, 'strict.yaml'),
      `apiVersion: mlctl/v1
name: load
model: load.onnx
signature: { inputs: { weather: { columns: [temperature, humidity, wind, hour] } } }
monitor:
  reference: reference.csv
  alerts: [{ when: latency, above: 3 }, { when: missing, above: 0.01 }, { when: out-of-range }, { when: anomaly }]
`,
    );
    const { result } = await watch({ shiftFrom: 14, missing: 0.03 }, { config: 'strict.yaml' });
    expect(result.alerts.map(({ when }) => when)).toEqual(['latency', 'missing']);
    expect(result.alerts[1]?.features).toEqual(['wind']);
  });
});

describe('hostile logs', () => {
  it('odd records neither crash nor blow up', async () => {
    const log = join(folder, 'odd');
    mkdirSync(log, { recursive: true });
    writeLog(log, { requests: 100 });
    const record = (extra: object) =>
      JSON.stringify({
        time: '2025-06-03T12:00:00.000Z',
        id: 'x',
        model: 'load',
        status: 200,
        latencyMs: 1,
        rows: 1,
        inputs: { weather: [[1, 2, 3, 4]] },
        outputs: { load: [[0.1, 0.2, 0.7]] },
        ...extra,
      });
    const deep = `${'['.repeat(20_000)}1${']'.repeat(20_000)}`;
    const lines = [
      record({ rows: 1e15 }),
      record({ rows: -3 }),
      record({ rows: 1.5 }),
      record({ inputs: { weather: [[1, 2]] } }),
      record({ inputs: { weather: { shape: [1e9, 1e9], min: 0, max: 1, mean: null, missing: 0 } } }),
      record({ inputs: { weather: { shape: 'x' } } }),
      record({ inputs: {}, outputs: {} }),
      record({ inputs: null }),
      record({ latencyMs: -1 }),
      record({ inputs: { weather: [['Infinity', '-Infinity', 'NaN', 'text']] } }),
      record({ time: '1970-01-01T00:00:00Z' }),
      record({}).replace('[[1,2,3,4]]', deep),
      '{"time":',
      'null',
      '[]',
    ];
    const segment = segmentName(Date.parse('2025-06-03T12:00:00Z'), '0badf00d', 1);
    appendFileSync(join(log, segment), `${lines.join('\n')}\n`);
    expect(readdirSync(log)).toHaveLength(4);
    const { result } = await run({ log });
    expect(result.requests).toBe(112);
    expect(result.skippedLines).toBe(3);
    expect(JSON.parse(JSON.stringify(result))).toMatchObject({ model: 'load' });
    expect(result.throughput.length).toBeLessThanOrEqual(150);
  });
});
