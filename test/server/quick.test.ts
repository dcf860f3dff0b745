// The quick way of reading requests must not differ from node:http in anything a client sees: the same bytes, split anywhere,
// get the same answers from both.

import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/definition.ts';
import { feed, limits, model, start } from './harness.ts';
import { generator, scaled } from './models.ts';

let quick: RunningServer;
let plain: RunningServer;
beforeAll(async () => {
  const bytes = await scaled('float32', ['batch', 1]);
  const more = { limits: { ...limits, maxBodyBytes: 5000 } };
  [quick, plain] = await Promise.all([
    start([model('m', bytes)], more),
    start([model('m', bytes)], { ...more, plainHttp: true }),
  ]);
});
afterAll(() => Promise.all([quick.close(), plain.close()]));

const json = (value: number) => JSON.stringify(feed('x', [1, 1], [value]));
const infer = (value: number, fields = '', line = 'POST /v2/models/m/infer HTTP/1.1') =>
  `${line}\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${json(value).length}\r\n${fields}\r\n${json(value)}`;
const get = (path: string, fields = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`;
const last = get('/v2/health/live', 'Connection: close\r\n');

/** Status and body of every answer until the server closes the connection. */
async function talk(port: number, parts: readonly string[], halfClose = false): Promise<string[]> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  await once(socket, 'connect');
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  const closed = Promise.race([once(socket, 'end'), once(socket, 'close')]);
  for (const part of parts) {
    if (socket.writable) socket.write(part, 'latin1');
    if (parts.length > 1) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  if (halfClose) socket.end();
  await closed;
  socket.destroy();
  const answers: string[] = [];
  while (text.length > 0) {
    const end = text.indexOf('\r\n\r\n');
    const length = Number(/content-length: (\d+)/i.exec(text.slice(0, end))?.[1] ?? 0);
    answers.push(`${text.slice(9, 12)} ${text.slice(end + 4, end + 4 + length)}`);
    text = text.slice(end + 4 + length);
  }
  return answers;
}

describe.each<[string, string]>([
  ['one', infer(1, 'Connection: close\r\n')],
  ['three on one connection', infer(1) + infer(2) + infer(3) + last],
  ['with other fields', infer(1, 'User-Agent: a/1 (b)\r\nAccept: */*\r\nX-Empty:\r\nx-tab: \ta \r\n') + last],
  ['another path between them', infer(1) + get('/v2/models/m/ready') + infer(2) + last],
  ['one that is wrong between them', infer(1) + infer(1).replace('"FP32"', '"FP64"') + infer(2) + last],
  ['a model that is not there', infer(1, '', 'POST /v2/models/n/infer HTTP/1.1') + last],
  ['a query', infer(1, '', 'POST /v2/models/m/infer?x=1 HTTP/1.1') + last],
  ['an absolute target', infer(1, '', 'POST http://x/v2/models/m/infer HTTP/1.1') + last],
  ['HTTP/1.0', infer(1, '', 'POST /v2/models/m/infer HTTP/1.0')],
  ['HTTP/1.0 kept alive', infer(1, 'Connection: keep-alive\r\n', 'POST /v2/models/m/infer HTTP/1.0') + last],
  ['a lower-case method', infer(1, '', 'post /v2/models/m/infer HTTP/1.1')],
  [
    'chunks',
    `${infer(1).split('Content-Length')[0]}Transfer-Encoding: chunked\r\n\r\n5\r\n{"inp\r\n1\r\nu\r\n0\r\n\r\n${last}`,
  ],
  ['chunks and a length', infer(1, 'Transfer-Encoding: chunked\r\n') + last],
  ['two lengths', infer(1, 'Content-Length: 5\r\n') + last],
  ['the same length twice', infer(1, `Content-Length: ${json(1).length}\r\n`) + last],
  ['a signed length', infer(1).replace(/Content-Length: /, 'Content-Length: +') + last],
  ['a length in hex', infer(1).replace(/Content-Length: \d+/, 'Content-Length: 0x50') + last],
  ['no length', `${infer(1).replace(/Content-Length: \d+\r\n/, '')}${last}`],
  ['an empty body', `POST /v2/models/m/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n${last}`],
  [
    'too large a body',
    `POST /v2/models/m/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 5001\r\n\r\n${' '.repeat(5001)}`,
  ],
  ['no host', infer(1).replace('Host: x\r\n', '') + last],
  ['two hosts', infer(1, 'Host: y\r\n') + last],
  ['a space before the colon', infer(1, 'X-A : 1\r\n') + last],
  ['a folded field', infer(1, 'X-A: 1\r\n  2\r\n') + last],
  ['line feeds alone', infer(1).replace(/\r\n/g, '\n')],
  ['a carriage return in a field', infer(1, 'X-A: 1\r2\r\n') + last],
  ['a zero byte in a field', infer(1, 'X-A: 1\u00002\r\n') + last],
  ['a field of latin-1', infer(1, 'X-A: caf\u00e9\r\n') + last],
  ['a form', infer(1).replace('application/json', 'application/x-www-form-urlencoded') + last],
  ['JSON with its charset', infer(1).replace('application/json', 'Application/JSON;charset=UTF-8') + last],
  [
    'JSON of another charset',
    infer(1).replace('application/json', 'application/json; charset=latin1') + last,
  ],
  ['compressed', infer(1, 'Content-Encoding: gzip\r\n') + last],
  ['binary tensors', infer(1, 'Inference-Header-Content-Length: 5\r\n') + last],
  ['not HTTP', 'hello\r\n\r\n'],
  ['a head that is too long', infer(1, `X: ${'x'.repeat(20_000)}\r\n`)],
  ['leading blank lines', `\r\n\r\n${infer(1)}${last}`],
])('%s', (_, bytes) => {
  it('is answered alike', async () => {
    const expected = await talk(plain.port, [bytes]);
    expect(expected.length).toBeGreaterThan(0);
    expect(await talk(quick.port, [bytes])).toEqual(expected);
  });

  it('is answered alike in pieces', async () => {
    const random = generator(bytes.length);
    const cuts = Array.from({ length: 3 }, () => Math.floor(random() * bytes.length)).sort((a, b) => a - b);
    const pieces = [0, ...cuts].map((cut, index) => bytes.slice(cut, cuts[index]));
    expect(await talk(quick.port, pieces)).toEqual(await talk(plain.port, pieces));
  });
});

it('answers what it has when the client has said its last', async () => {
  const expected = [1, 2, 3].map((value) => expect.stringContaining(`"data":[${value}]`));
  expect(await talk(quick.port, [infer(1) + infer(2) + infer(3)], true)).toEqual(expected);
  expect(await talk(quick.port, [infer(1) + infer(2).slice(0, -5)], true)).toEqual([expected[0]]);
});

it('holds back a client that sends faster than it reads', async () => {
  const socket = connect(quick.port, '127.0.0.1');
  await once(socket, 'connect');
  const many = infer(1).repeat(20_000);
  socket.write(many + last);
  let text = '';
  for await (const chunk of socket) text += chunk;
  expect(text.match(/"data":\[1\]/g)).toHaveLength(20_000);
  expect(text.endsWith('{"live":true}')).toBe(true);
});
