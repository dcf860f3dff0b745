// `mlctl monitor` as typed: streams, exit codes, JSON keys, the screen, --watch.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeProject } from '../../fixtures/monitor/make.ts';
import { writeLog } from '../../fixtures/monitor/make-log.ts';
import type { Io } from '../../src/cli/io.ts';
import { main } from '../../src/cli/main.ts';
import { sparkline } from '../../src/cli/render/sparkline.ts';
import { run } from '../cli/run.ts';

let cwd: string;
beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'mlctl-monitor-cli-'));
  await writeProject(cwd, 1000);
  writeLog(join(cwd, 'log'), { requests: 2000 });
  writeLog(join(cwd, 'bad'), { requests: 3000, shiftFrom: 12, errorsBetween: [10, 16], torn: true });
  mkdirSync(join(cwd, 'empty'));
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

describe('exit codes and streams', () => {
  it('0 on a normal day, the result on stdout', async () => {
    const { code, stdout, stderr } = await run('monitor', { cwd });
    expect(code).toBe(0);
    expect(stdout).toContain('nothing to worry about');
    expect(stderr).not.toContain('error');
  });
  it('1 when alerts fire', async () => {
    const { code, stdout } = await run('monitor', '--log', 'bad', { cwd });
    expect(code).toBe(1);
    expect(stdout).toMatch(/alert {2}drift: humidity has drifted, since 1[12]:\d\d/);
    expect(stdout).toMatch(/alert {2}errors: \d+ % of requests failed/);
  });
  it('0 and a plain sentence when there are no requests yet', async () => {
    const { code, stdout } = await run('monitor', '--log', 'empty', { cwd });
    expect(code).toBe(0);
    expect(stdout).toContain('no requests yet');
  });
  it('2 without a log folder', async () => {
    const { code, stdout, stderr } = await run('monitor', '--log', 'nowhere', { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('LOG_NOT_FOUND');
  });
  it('--quiet prints the verdict only', async () => {
    expect((await run('monitor', '--quiet', '--log', 'bad', { cwd })).stdout).toBe('alert\n');
  });
});

describe('--json', () => {
  it('is one document with these keys', async () => {
    const { code, stdout } = await run('monitor', '--json', '--log', 'bad', { cwd });
    const result = JSON.parse(stdout);
    expect(code).toBe(1);
    expect(Object.keys(result)).toEqual([
      'schema',
      'status',
      'model',
      'log',
      'window',
      'requests',
      'rows',
      'errors',
      'errorRate',
      'errorsByStatus',
      'latencyMs',
      'versions',
      'throughput',
      'reference',
      'drift',
      'distributions',
      'missing',
      'outOfRange',
      'anomalies',
      'skippedLines',
      'summarisedRows',
      'sampledRows',
      'independentRows',
      'alerts',
      'report',
      'diagnostics',
    ]);
    expect(Object.keys(result.window)).toEqual(['from', 'to', 'buckets', 'bucketSeconds']);
    expect(Object.keys(result.latencyMs)).toEqual(['p50', 'p95', 'p99', 'mean', 'max']);
    expect(Object.keys(result.drift[0])).toEqual([
      'feature',
      'kind',
      'test',
      'statistic',
      'threshold',
      'pValue',
      'adjustedPValue',
      'drifted',
      'reason',
      'referenceRows',
      'currentRows',
      'role',
      'since',
      'until',
      'lately',
    ]);
    expect(Object.keys(result.alerts[0])).toEqual(['when', 'above', 'value', 'features', 'since', 'message']);
    expect(result).toMatchObject({ schema: 'mlctl/monitor@1', requests: 2999, skippedLines: 1 });
  });
});

describe('the screen', () => {
  it('fits 80 columns and one screen, with and without a terminal', async () => {
    for (const isTTY of [true, false]) {
      const { stdout } = await run('monitor', '--log', 'bad', '--no-color', { cwd, isTTY });
      const lines = stdout.trimEnd().split('\n');
      const long = lines.filter(
        (line) => line.length > 80 && !line.includes('alert') && !line.includes('compared'),
      );
      expect(long).toEqual([]);
      expect(lines.length).toBeLessThan(30);
    }
  });
  it('is plain ASCII where the locale has nothing else', async () => {
    const { stdout } = await run('monitor', '--log', 'bad', { cwd, env: { LANG: 'en_US.ISO-8859-1' } });
    const drawn = stdout.split('\n').filter((line) => /slow|failing|traffic|humidity|wind/.test(line));
    expect(drawn.join('')).not.toMatch(/[▁-█✓✗≥]/);
  });
  it('colour is an extra: the words are the same', async () => {
    const [plain, colored] = await Promise.all([
      run('monitor', '--log', 'bad', '--no-color', { cwd }),
      run('monitor', '--log', 'bad', '--color', { cwd }),
    ]);
    const escapes = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g');
    expect(colored.stdout).not.toBe(plain.stdout);
    expect(colored.stdout.replace(escapes, '')).toBe(plain.stdout);
  });
  it('sparkline: keeps spikes when it is narrowed, shows gaps', () => {
    const unicode = { unicode: true };
    expect(sparkline([0, 1, 8], 3, unicode)).toBe('▁▂█');
    expect(sparkline([...Array(100).fill(1), 9, ...Array(99).fill(1)], 10, unicode)).toContain('█');
    expect(sparkline([null, 1], 2, unicode)).toBe(' █');
    expect(sparkline([0, 0], 2, unicode)).toBe('▁▁');
    expect(sparkline([0, 1, 8], 3, { unicode: false })).toBe('_.#');
  });
});

describe('--watch', () => {
  async function watch(...words: string[]) {
    const out: string[] = [];
    let interrupt: ((name: 'SIGINT') => void) | undefined;
    const io: Io = {
      stdin: Object.assign(Readable.from([]), { isTTY: false }),
      stdout: {
        isTTY: false,
        write(text) {
          out.push(String(text));
          if (out.length === 2) interrupt?.('SIGINT');
        },
      },
      stderr: { isTTY: false, write() {} },
      env: {},
      cwd,
      platform: 'linux',
      nodeVersion: process.version,
      pid: process.pid,
      parent: undefined,
      onSignal(listener) {
        interrupt = listener;
        return () => {};
      },
      // main's last resort comes 0.7 s after the signal, by when a real process has ended.
      exitNow() {},
    };
    const code = await main(['monitor', '--watch', '0.05', ...words], io);
    return { code, out };
  }
  it('writes JSON lines until Ctrl-C, then 130', async () => {
    const { code, out } = await watch('--json');
    expect(code).toBe(130);
    expect(out).toHaveLength(2);
    for (const line of out) {
      expect(line.trimEnd()).not.toContain('\n');
      expect(JSON.parse(line)).toMatchObject({ schema: 'mlctl/monitor@1', requests: 2000 });
    }
  });
  it('repeats plain blocks off a terminal', async () => {
    const { code, out } = await watch();
    expect(code).toBe(130);
    expect(out[1]).toBe(out[0]);
    expect(out[0]).not.toContain(String.fromCharCode(27));
  });
});

describe('--html', () => {
  it('replaces an earlier report, but no other file without --force', async () => {
    expect((await run('monitor', '--html', 'r.html', { cwd })).code).toBe(0);
    expect((await run('monitor', '--html', 'r.html', { cwd })).code).toBe(0);
    writeFileSync(join(cwd, 'notes.html'), 'mine');
    const refused = await run('monitor', '--html', 'notes.html', { cwd });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('FILE_EXISTS');
    expect(readFileSync(join(cwd, 'notes.html'), 'utf8')).toBe('mine');
    expect((await run('monitor', '--html', 'notes.html', '--force', { cwd })).code).toBe(0);
  });
  it('into a folder that is not there is FILE_UNWRITABLE', async () => {
    const { code, stderr } = await run('monitor', '--html', 'no/such/r.html', { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('FILE_UNWRITABLE');
  });
});
