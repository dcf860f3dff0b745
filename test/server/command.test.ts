// `mlctl serve` as a process: what it prints, how it ends, and what is left in the log when it is killed.

import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLog } from '../../src/server/log-reader.ts';
import { command, feed, post } from './harness.ts';
import { mlp, slow } from './models.ts';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mlctl-serve-'));
  writeFileSync(join(folder, 'iris.onnx'), await mlp(4, [16], 3));
  writeFileSync(join(folder, 'big.onnx'), await mlp(784, [8], 10));
  writeFileSync(join(folder, 'slow.onnx'), await slow(256, 20));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('what it says', () => {
  it('one line with the address on stdout, and a curl line that works on stderr', async () => {
    const server = await command(['iris.onnx', 'digits=big.onnx', '--port', '0'], folder);
    expect(server.stdout()).toBe(`${server.url}\n`);
    for (const name of ['iris', 'digits']) {
      const { body } = await post(
        `${server.url}/v2/models/${name}/infer`,
        await (await fetch(`${server.url}/v2/models/${name}/sample`)).json(),
      );
      expect(body).toMatchObject({ model_name: name });
    }
    const curl = /^Try: (curl .*)$/m.exec(server.stderr())?.[1];
    const { stdout } = await promisify(execFile)('sh', ['-c', curl ?? 'false']);
    expect(JSON.parse(stdout)).toMatchObject({ model_name: 'iris', outputs: [{ shape: [1, 3] }] });
    server.process.kill('SIGTERM');
    expect(await server.ended()).toBe(143);
    expect(server.stderr()).toMatch(/POST \/v2\/models\/iris\/infer 200 /);
    expect(server.stderr()).toContain('Stopping (press Ctrl+C again to force)');
    expect(server.stdout()).toBe(`${server.url}\n`);
  });

  it('with --json, events', async () => {
    const server = await command(['iris.onnx', '--port', '0', '--json'], folder);
    await post(`${server.url}/v2/models/iris/infer`, feed('features', [1, 4], [1, 2, 3, 4]));
    server.process.kill('SIGINT');
    expect(await server.ended()).toBe(130);
    const events = server
      .stdout()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ event }) => event)).toEqual(['listening', 'request', 'stopping', 'stopped']);
    expect(events[0]).toMatchObject({
      schema: 'mlctl/serve@1',
      url: server.url,
      models: [{ name: 'iris', runs: 'inline' }],
      log: null,
    });
    expect(events[1]).toMatchObject({ method: 'POST', path: '/v2/models/iris/infer', status: 200 });
  });

  it('with a manifest, its model and its signature', async () => {
    const project = mkdtempSync(join(tmpdir(), 'mlctl-project-'));
    copyFileSync(join(folder, 'iris.onnx'), join(project, 'iris.onnx'));
    const signature =
      'signature: { inputs: { features: { columns: [a, b, c, d], scale: 2, mean: [1, 1, 1, 1] } } }';
    writeFileSync(
      join(project, 'mlctl.yaml'),
      `apiVersion: mlctl/v1\nname: flowers\nmodel: iris.onnx\n${signature}\nserve: { port: 0, maxBodyBytes: 1000 }\n`,
    );
    const server = await command([], project);
    const plain = await command(['iris.onnx', '--port', '0'], folder);
    try {
      // x·2 - 1 by hand is what the signature does.
      const scaled = await post(
        `${server.url}/v2/models/flowers/infer`,
        feed('features', [1, 4], [1, 2, 3, 0.25]),
      );
      const byHand = await post(
        `${plain.url}/v2/models/iris/infer`,
        feed('features', [1, 4], [1, 3, 5, -0.5]),
      );
      const data = (reply: typeof scaled) =>
        (reply.body as { outputs: { data: number[] }[] }).outputs[0]?.data;
      expect(data(scaled)).toEqual(data(byHand));
      expect((await post(`${server.url}/v2/models/flowers/infer`, ' '.repeat(1001))).status).toBe(413);
    } finally {
      server.process.kill('SIGTERM');
      plain.process.kill('SIGTERM');
      await Promise.all([server.ended(), plain.ended()]);
    }
    const records = [];
    for await (const record of readLog(join(project, '.mlctl', 'logs', 'flowers'))) records.push(record);
    // Raw, as it came: that is what the reference data of monitor looks like.
    expect(records[0]).toMatchObject({
      model: 'flowers',
      status: 200,
      inputs: { features: [[1, 2, 3, 0.25]] },
    });
    rmSync(project, { recursive: true });
  });

  it.each<[string, (url: string) => string[], RegExp]>([
    [
      'a port in use',
      (url) => ['iris.onnx', '--port', new URL(url).port],
      /PORT_IN_USE {2}port \d+ on 127\.0\.0\.1 is in use/,
    ],
    [
      'an address of somebody else',
      () => ['iris.onnx', '--port', '0', '--host', '192.0.2.1'],
      /ADDRESS_UNUSABLE/,
    ],
    ['two models of one name', () => ['iris.onnx', 'iris=big.onnx'], /MODEL_NAME_TAKEN/],
    ['no model', () => [], /MODEL_NOT_GIVEN/],
    ['a model that is not there', () => ['none.onnx'], /FILE_NOT_FOUND/],
    [
      'a log folder that cannot be',
      () => ['iris.onnx', '--port', '0', '--log', 'iris.onnx/log'],
      /FILE_UNWRITABLE/,
    ],
  ])('%s ends it before it starts', async (_, words, message) => {
    const server = await command(['iris.onnx', '--port', '0'], folder);
    await expect(command(words(server.url), folder)).rejects.toThrow(/ended with 2/);
    await expect(command(words(server.url), folder)).rejects.toThrow(message);
    server.process.kill('SIGTERM');
    await server.ended();
  });
});

/** Clients that keep asking on kept connections until the server says goodbye; a request without an answer is lost. */
async function clients(url: string, name: string, count: number, body: unknown) {
  const json = JSON.stringify(body);
  let answered = 0;
  let lost = 0;
  let refused = 0;
  const one = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let goesOn = true; goesOn; ) {
      goesOn = await new Promise<boolean>((resolve) => {
        const asking = request(`${url}/v2/models/${name}/infer`, {
          method: 'POST',
          agent,
          headers: { 'Content-Type': 'application/json', 'Content-Length': json.length },
        });
        asking.on('response', (reply) => {
          let text = '';
          reply.on('data', (chunk) => {
            text += chunk;
          });
          reply.on('end', () => {
            if (reply.statusCode === 200 && text.endsWith(']}]}')) answered++;
            else lost++;
            resolve(reply.headers.connection !== 'close');
          });
          reply.on('error', () => {
            lost++;
            resolve(false);
          });
        });
        asking.on('error', (error: NodeJS.ErrnoException) => {
          // Not accepted at all is not lost.
          if (error.code === 'ECONNREFUSED') refused++;
          else lost++;
          resolve(false);
        });
        asking.end(json);
      });
    }
    agent.destroy();
  };
  await Promise.all(Array.from({ length: count }, one));
  return { answered, lost, refused };
}

describe('when it is told to stop under load', () => {
  it.each([
    ['iris', 64, feed('features', [1, 4], [1, 2, 3, 4])],
    ['slow', 16, feed('x', [1, 1], [1])],
  ])('%s loses no request it accepted', async (name, count, body) => {
    const log = join(folder, `drain-${name}`);
    const server = await command([`${name}.onnx`, '--port', '0', '--quiet', '--log', log], folder);
    const asking = clients(server.url, name, count, body);
    setTimeout(() => server.process.kill('SIGTERM'), 500);
    const { answered, lost } = await asking;
    expect(await server.ended()).toBe(143);
    expect(lost).toBe(0);
    expect(answered).toBeGreaterThan(count);
    let logged = 0;
    for await (const { status } of readLog(log)) if (status === 200) logged++;
    expect(logged).toBe(answered);
  });
});

describe('when it is killed under load', () => {
  it('has logged every answer it gave, and the log goes on after a restart', async () => {
    const log = join(folder, 'killed');
    const words = ['iris.onnx', '--port', '0', '--quiet', '--log', log];
    const server = await command(words, folder);
    const asking = clients(server.url, 'iris', 32, feed('features', [1, 4], [1, 2, 3, 4]));
    setTimeout(() => server.process.kill('SIGKILL'), 500);
    const { answered } = await asking;
    expect(await server.ended()).toBe('SIGKILL');
    const count = async () => {
      const reader = readLog(log);
      let logged = 0;
      for await (const { status } of reader) if (status === 200) logged++;
      return { logged, skipped: reader.skipped };
    };
    const { logged, skipped } = await count();
    expect(answered).toBeGreaterThan(32);
    expect(logged).toBeGreaterThanOrEqual(answered);
    // Logged but not answered: at most one each of the requests that were on their way.
    expect(logged).toBeLessThanOrEqual(answered + 32);
    expect(skipped).toBeLessThanOrEqual(1);

    const again = await command(words, folder);
    await post(`${again.url}/v2/models/iris/infer`, feed('features', [1, 4], [1, 2, 3, 4]));
    again.process.kill('SIGTERM');
    await again.ended();
    expect((await count()).logged).toBe(logged + 1);
  });
});
