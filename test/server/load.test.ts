// Many requests at once: right answers for each, limits that hold, health that does not wait for a model.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunningServer, ServerOptions } from '../../src/server/definition.ts';
import { readLog } from '../../src/server/log-reader.ts';
import { ask, feed, limits, model, post, type Reply, start } from './harness.ts';
import { generator, mlp, scaled, slow, twoInputs } from './models.ts';

const servers: RunningServer[] = [];
async function begin(models: Parameters<typeof start>[0], more: Partial<ServerOptions> = {}) {
  const server = await start(models, more);
  servers.push(server);
  return {
    server,
    infer: (name: string, body: unknown) => post(`${server.url}/v2/models/${name}/infer`, body),
  };
}
afterAll(() => Promise.all(servers.map((server) => server.close())));

const first = ({ body }: Reply) => (body as { outputs?: { data: number[] }[] }).outputs?.[0]?.data ?? [];

async function inParallel(concurrency: number, count: number, act: (index: number) => Promise<void>) {
  let next = 0;
  const one = async () => {
    while (next < count) await act(next++);
  };
  await Promise.all(Array.from({ length: concurrency }, one));
}

describe.each([
  ['in the HTTP thread', 'always'],
  ['in workers', 'never'],
] as const)('64 clients, model %s', (_, inline) => {
  it('get the answers to their own requests, whatever shares their run', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mlctl-load-'));
    const log = { folder, segmentBytes: 100_000, maxBytes: 1e8, maxElements: 64 };
    const { server, infer } = await begin(
      [model('iris', await mlp(4, [16], 3)), model('two', await twoInputs())],
      { inline, log },
    );
    const random = generator(5);
    // Alone first: one request at a time cannot be batched.
    const cases: { body: unknown; name: string; expected: number[] }[] = [];
    for (let index = 0; index < 60; index++) {
      const rows = 1 + (index % 3);
      const data = Array.from({ length: rows * 4 }, random);
      const nested = Array.from({ length: rows }, (_, row) => data.slice(row * 4, row * 4 + 4));
      const body = feed('features', [rows, 4], index % 2 === 0 ? data : nested);
      cases.push({ name: 'iris', body, expected: first(await infer('iris', body)) });
    }
    let wrong = 0;
    const statuses = new Map<number, number>();
    const count = (status: number) => statuses.set(status, (statuses.get(status) ?? 0) + 1);
    await inParallel(64, 3000, async (index) => {
      if (index % 10 === 3) {
        const reply = await infer('iris', feed('features', [1, 4], [1, 2, 'x', 4]));
        count(reply.status);
        return;
      }
      if (index % 10 === 7) {
        const inputs = [
          { name: 'left', shape: [1, 2], datatype: 'FP32', data: [index, 1] },
          { name: 'right', shape: [1, 2], datatype: 'FP32', data: [0.5, index] },
        ];
        const reply = await infer('two', { inputs, id: String(index) });
        count(reply.status);
        if (String(first(reply)) !== String([index + 0.5, index + 1])) wrong++;
        if ((reply.body as { id: string }).id !== String(index)) wrong++;
        return;
      }
      const { name, body, expected } = cases[index % cases.length] as (typeof cases)[number];
      const reply = await infer(name, body);
      count(reply.status);
      const data = first(reply);
      if (
        data.length !== expected.length ||
        !data.every((value, at) => Math.abs(value - (expected[at] ?? 9)) <= 1e-6)
      )
        wrong++;
    });
    expect(wrong).toBe(0);
    expect(statuses).toEqual(
      new Map([
        [200, 2700],
        [400, 300],
      ]),
    );
    // Everything answered is in the log, once.
    await server.close();
    const reader = readLog(folder);
    const ids = new Set<string>();
    const logged = new Map<number, number>();
    for await (const record of reader) {
      ids.add(record.id);
      logged.set(record.status, (logged.get(record.status) ?? 0) + 1);
      if (record.status === 200) {
        expect(Object.values(record.inputs ?? {})[0]).toHaveLength(record.rows);
        expect(Object.values(record.outputs ?? {})[0]).toHaveLength(record.rows);
      }
    }
    expect(reader.skipped).toBe(0);
    expect(logged).toEqual(
      new Map([
        [200, 2760],
        [400, 300],
      ]),
    );
    expect(ids.size).toBe(3060);
    rmSync(folder, { recursive: true });
  });
});

describe('a slow model', () => {
  it('leaves the thread free for health checks', async () => {
    const { server, infer } = await begin([model('slow', await slow(256, 100))]);
    expect(server.models[0]).toMatchObject({ runs: 'workers', workers: expect.any(Number) });
    let running = true;
    const load = inParallel(8, 40, async (index) => {
      expect((await infer('slow', feed('x', [1, 1], [index]))).status).toBe(200);
    }).finally(() => {
      running = false;
    });
    let checks = 0;
    while (running) {
      expect((await ask(`${server.url}/v2/health/ready`)).body).toEqual({ ready: true });
      checks++;
    }
    await load;
    // Were health checks stuck behind the model, there could be no more of them than runs.
    expect(checks).toBeGreaterThan(40);
  });

  it('answers 504 when the time is up and 429 when the queue is full, and recovers', async () => {
    const { server, infer } = await begin([model('slow', await slow(384, 200))], {
      inline: 'never',
      workers: 1,
      limits: { ...limits, timeoutMs: 100, maxQueue: 3 },
    });
    const replies = await Promise.all(
      Array.from({ length: 30 }, (_, index) => infer('slow', feed('x', [2, 1], [index, index]))),
    );
    const statuses = replies.map(({ status }) => status);
    expect(statuses).toContain(504);
    expect(statuses).toContain(429);
    const full = replies.find(({ status }) => status === 429);
    expect(full?.headers.get('retry-after')).toBe('1');
    expect(full?.body).toEqual({ error: expect.stringContaining('requests are waiting for model "slow"') });
    expect(replies.find(({ status }) => status === 504)?.body).toEqual({ error: 'no answer within 100 ms' });
    for (let tries = 0; ; tries++) {
      const { body } = await ask(`${server.url}/metrics`);
      if ((body as string).includes('mlctl_inference_in_flight{model="slow",version=""} 0') || tries > 100)
        break;
      await sleep(20);
    }
    expect((await ask(`${server.url}/v2/health/ready`)).status).toBe(200);
  });
});

it('close answers what was accepted and refuses what comes later', async () => {
  const { server, infer } = await begin([
    model('slow', await slow(256, 100)),
    model('quick', await scaled('float32', ['b', 1])),
  ]);
  const replies = Array.from({ length: 12 }, (_, index) => infer('slow', feed('x', [1, 1], [index])));
  // Accepted is what the server has begun to answer, however slow the machine.
  while (!(await server.metrics()).includes('mlctl_inference_in_flight{model="slow",version=""} 12'))
    await sleep(5);
  const closed = server.close();
  for (const reply of await Promise.all(replies)) {
    expect(reply.status).toBe(200);
  }
  await closed;
  await expect(fetch(`${server.url}/v2/health/live`)).rejects.toThrow();
});
