// A local deployment end to end, with the built command line: deploy, switch under load, crash, rollback, stop.
// Everything runs in a temporary folder on ports the system picks, and is stopped by its own name.

import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeOnnxBytes } from '../../src/formats/onnx/encode.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { float32 } from '../../src/graph/tensor.ts';

const executable = resolve('bin/mlctl.js');
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mlctl-local-'));
  for (const factor of [1, 2, 3]) writeFileSync(join(folder, `times${factor}.onnx`), await times(factor));
  writeFileSync(join(folder, 'broken.onnx'), (await times(4)).subarray(0, 60));
});

afterAll(() => {
  mlctl('stop', 'm');
  rmSync(folder, { recursive: true, force: true });
});

/** y = factor * x */
async function times(factor: number): Promise<Uint8Array> {
  const b = new GraphBuilder('times');
  const x = b.input('x', 'float32', ['batch', 2]);
  b.output('y', b.add('Mul', [x, b.constant('factor', float32([1], [factor]))]), 'float32', ['batch', 2]);
  return encodeOnnxBytes(b.model({ name: 'test', version: '1' }));
}

function mlctl(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [executable, ...words], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

function json(...words: string[]) {
  const run = mlctl(...words, '--json');
  return { ...run, body: JSON.parse(run.stdout || '{}') };
}

const running = () => json('status', 'm').body.deployments[0].running;

const agent = new Agent({ keepAlive: true, maxSockets: 8 });

/** Sends [1, 1] and gives back what came: the factor of the version that answered. */
function infer(url: string, keepAlive = true): Promise<number> {
  const body = JSON.stringify({ inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 1] }] });
  return new Promise((done, fail) => {
    const options = { method: 'POST', ...(keepAlive ? { agent } : { agent: false as const }) };
    const sent = request(`${url}/v2/models/m/infer`, options, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => {
        if (response.statusCode === 200) done(JSON.parse(text).outputs[0].data[0]);
        else fail(new Error(`${response.statusCode}: ${text}`));
      });
    });
    sent.on('error', fail);
    sent.end(body);
  });
}

it('a dry run shows the plan and changes nothing', () => {
  const { status, body } = json('deploy', 'times1.onnx', '--name', 'm', '--dry-run');
  expect(status).toBe(0);
  expect(body.plan.map((step: { action: string }) => step.action)).toEqual([
    'add',
    'start',
    'check',
    'switch',
  ]);
  expect(readdirSync(folder)).not.toContain('.mlctl');
});

it('deploys, answers, and says up to date the second time', async () => {
  const first = json('deploy', 'times1.onnx', '--name', 'm', '--port', '0');
  expect(first.stderr).toBe('');
  expect(first.body).toMatchObject({ version: '1', previous: null, upToDate: false });
  expect(await infer(first.body.url)).toBe(1);
  const second = json('deploy', 'times1.onnx', '--name', 'm', '--port', '0');
  expect(second.body).toMatchObject({ version: '1', upToDate: true, url: first.body.url });
});

it('switches under load without losing a request', async () => {
  const { url } = running();
  const answers: number[] = [];
  let isOn = true;
  const clients = Array.from({ length: 8 }, async (_, client) => {
    while (isOn) answers.push(await infer(url, client % 2 === 0));
  });
  await sleep(300);
  const { spawn } = await import('node:child_process');
  const deploying = spawn(process.execPath, [executable, 'deploy', 'times2.onnx', '--name', 'm', '--json'], {
    cwd: folder,
  });
  const code = await new Promise((done) => deploying.once('exit', done));
  await sleep(300);
  isOn = false;
  await Promise.all(clients);
  expect(code).toBe(0);
  // First only the old version, then only the new one; both were seen.
  expect(new Set(answers)).toEqual(new Set([1, 2]));
  expect(await infer(url)).toBe(2);
});

it('a version that cannot be read leaves the running one alone', async () => {
  const { status, body } = json('deploy', 'broken.onnx', '--name', 'm');
  expect(status).toBe(2);
  expect(body.error.code).toMatch(/^(MODEL_DAMAGED|FORMAT_UNKNOWN)$/);
  expect(await infer(running().url)).toBe(2);
});

it('a damaged store is noticed before it serves', async () => {
  const before = running();
  const version = join(folder, '.mlctl/models/m/1');
  rmSync(join(version, 'times1.onnx'));
  appendFileSync(join(version, 'times1.onnx'), await times(9));
  const { status, body } = json('rollback', 'm', '--to', '1');
  expect(status).toBe(2);
  expect(body.error).toMatchObject({
    code: 'DEPLOY_FAILED',
    message: expect.stringContaining('is not what was stored'),
  });
  expect(body.error.hint).toContain('version 2 still answers');
  expect(running()).toEqual(before);
});

it('rolls back to the version before, with history', async () => {
  expect(json('deploy', 'times3.onnx', '--name', 'm').status).toBe(0);
  const { status, body } = json('rollback', 'm');
  expect(status).toBe(0);
  expect(body).toMatchObject({ from: '3', version: '2' });
  expect(await infer(body.url, false)).toBe(2);
  const { history } = json('status', 'm').body.deployments[0];
  expect(history.map((event: { action: string }) => event.action)).toEqual([
    'deploy',
    'deploy',
    'failed',
    'deploy',
    'rollback',
  ]);
});

it('starts a version again when its process is killed', async () => {
  const { url, pid } = running();
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
  expect(children).toHaveLength(1);
  process.kill(children[0] ?? 0, 'SIGKILL');
  for (let attempt = 0; attempt < 100 && running()?.restarts !== 1; attempt++) await sleep(100);
  expect(running()).toMatchObject({ url, restarts: 1 });
  expect(await infer(url, false)).toBe(2);
});

it('the prediction log has every request and nothing else', () => {
  const log = join(folder, '.mlctl/logs/m');
  const lines = readdirSync(log).flatMap((file) =>
    readFileSync(join(log, file), 'utf8').split('\n').filter(Boolean),
  );
  const ids = lines.map((line) => JSON.parse(line).id);
  expect(lines.length).toBeGreaterThan(4);
  expect(new Set(ids).size).toBe(ids.length);
});

it('a port that is taken is one clear error', () => {
  const { port } = new URL(running().url);
  const { status, body } = json('deploy', 'times1.onnx', '--name', 'other', '--port', port);
  expect(status).toBe(2);
  expect(body.error.message).toContain(port);
});

it('stops, leaves no process, and status says so', async () => {
  const { pid } = running();
  expect(mlctl('stop', 'm')).toMatchObject({ status: 0, stdout: 'm  stopped\n' });
  for (let attempt = 0; attempt < 50 && isAlive(pid); attempt++) await sleep(100);
  expect(isAlive(pid)).toBe(false);
  expect(json('status', 'm').body.deployments[0].running).toBeNull();
  expect(mlctl('stop', 'm').stdout).toBe('m  was not running\n');
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
