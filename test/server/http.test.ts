// HTTP itself: bodies of every kind and size, clients that are slow, rude or gone.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/definition.ts';
import { feed, limits, model, post, start } from './harness.ts';
import { scaled } from './models.ts';

let server: RunningServer;
const body = JSON.stringify(feed('x', [1, 1], [7]));

beforeAll(async () => {
  const x = await scaled('float32', ['batch', 1]);
  server = await start([model('m', x)], { limits: { ...limits, maxBodyBytes: 100_000 } });
});
afterAll(() => server.close());

const head = (more: string, method = 'POST', path = '/v2/models/m/infer') =>
  `${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${more}\r\n`;

async function open(): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** Everything the server sends until it closes the connection, or until `enough`. */
async function received(socket: Socket, enough = (_: string) => false): Promise<string> {
  let text = '';
  for await (const chunk of socket) {
    text += chunk;
    if (enough(text)) break;
  }
  return text;
}

const answers = (text: string) => text.match(/HTTP\/1\.1 \d+/g) ?? [];

describe('bodies', () => {
  it('may come in chunks, split anywhere', async () => {
    const socket = await open();
    socket.write(head('Transfer-Encoding: chunked\r\nConnection: close\r\n'));
    for (const part of body.match(/.{1,7}/g) ?? []) {
      socket.write(`${part.length.toString(16)}\r\n`);
      await new Promise((resolve) => setImmediate(resolve));
      socket.write(`${part}\r\n`);
    }
    socket.write('0\r\n\r\n');
    const text = await received(socket);
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(text).toContain('"data":[7]');
  });

  it('may be pipelined, and are answered in order', async () => {
    const socket = await open();
    const one = (value: number) => {
      const json = JSON.stringify(feed('x', [1, 1], [value]));
      return head(`Content-Length: ${json.length}\r\n`) + json;
    };
    socket.write(one(1) + one(2) + head('', 'GET', '/nope') + one(3));
    const text = await received(socket, (so) => so.includes('"data":[3]'));
    expect(text.match(/"data":\[\d\]|"error"/g)).toEqual([
      '"data":[1]',
      '"data":[2]',
      '"error"',
      '"data":[3]',
    ]);
    socket.destroy();
  });

  it('that say they are too large are refused before they are read', async () => {
    const socket = await open();
    socket.write(head('Content-Length: 100000000\r\n'));
    const text = await received(socket, (so) => so.includes('}'));
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(text).toMatch(/Connection: close/i);
    expect(text).toContain('"error":"the request body is larger than 100000 bytes');
    socket.destroy();
  });

  it('that turn out too large are refused, and the client gets to read why', async () => {
    const socket = await open();
    socket.write(head('Transfer-Encoding: chunked\r\n'));
    const chunk = `10000\r\n${'1'.repeat(0x10000)}\r\n`;
    for (let index = 0; index < 100; index++) socket.write(chunk);
    socket.write('0\r\n\r\n');
    expect(await received(socket)).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('of the largest size that is allowed are read', async () => {
    const json = body.padEnd(100_000, ' ');
    expect((await post(`${server.url}/v2/models/m/infer`, json)).status).toBe(200);
    expect((await post(`${server.url}/v2/models/m/infer`, `${json} `)).status).toBe(413);
  });

  it('are asked for with 100 Continue only when they will be read', async () => {
    const small = await open();
    small.write(head(`Content-Length: ${body.length}\r\nExpect: 100-continue\r\nConnection: close\r\n`));
    let sent = false;
    const text = await received(small, (so) => {
      if (!sent && so.includes('100 Continue')) {
        sent = true;
        small.write(body);
      }
      return false;
    });
    expect(answers(text)).toEqual(['HTTP/1.1 100', 'HTTP/1.1 200']);
    const large = await open();
    large.write(head('Content-Length: 100000000\r\nExpect: 100-continue\r\n'));
    expect(answers(await received(large, (so) => so.includes('}')))).toEqual(['HTTP/1.1 413']);
    large.destroy();
  });

  it('to a path that is not there do not break the connection’s answer', async () => {
    const reply = await post(`${server.url}/v2/models/none/infer`, 'x'.repeat(50_000));
    expect(reply).toMatchObject({ status: 404, body: { error: expect.stringContaining('"none"') } });
  });
});

describe('clients', () => {
  it('that go away in the middle leave the others alone', async () => {
    const gone = await Promise.all(Array.from({ length: 20 }, open));
    for (const [index, socket] of gone.entries()) {
      socket.write(
        head(`Content-Length: ${body.length}\r\n`) + body.slice(0, index % 2 === 0 ? 10 : undefined),
      );
      socket.resetAndDestroy();
    }
    const replies = await Promise.all(
      Array.from({ length: 50 }, () => post(`${server.url}/v2/models/m/infer`, body)),
    );
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
  });

  it('that do not speak HTTP are told so', async () => {
    const socket = await open();
    socket.write('what?\r\n\r\n');
    const text = await received(socket);
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(text).toContain('{"error":"this is not an HTTP request');
  });

  it('with endless headers are told so', async () => {
    const socket = await open();
    socket.write(head(`X: ${'x'.repeat(20_000)}\r\n`));
    expect(await received(socket)).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('of HTTP/1.0 are answered and let go', async () => {
    const socket = await open();
    socket.write('GET /v2/health/live HTTP/1.0\r\n\r\n');
    const text = await received(socket);
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(text).toContain('{"live":true}');
  });
});
