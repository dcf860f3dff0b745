// A load generator that costs little: raw sockets, requests made once, one request at a time on each connection.
// Reads one JSON object from stdin, writes one to stdout.

import { connect } from 'node:net';

export type LoadOrder = {
  readonly port: number;
  readonly path: string;
  readonly body: string;
  readonly connections: number;
  readonly seconds: number;
};
export type LoadResult = {
  readonly requests: number;
  readonly errors: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
};

let text = '';
for await (const chunk of process.stdin) text += chunk;
console.log(JSON.stringify(await load(JSON.parse(text) as LoadOrder)));

async function load({ port, path, body, connections, seconds }: LoadOrder): Promise<LoadResult> {
  const request = Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  const latencies: number[] = [];
  let errors = 0;
  const started = performance.now();
  const deadline = started + seconds * 1000;
  const one = () =>
    new Promise<void>((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      let sentAt = 0;
      let rest: Buffer = Buffer.alloc(0);
      const send = () => {
        sentAt = performance.now();
        socket.write(request);
      };
      socket.on('connect', send);
      socket.on('data', (chunk: Buffer) => {
        rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
        const head = rest.indexOf('\r\n\r\n');
        if (head < 0) return;
        const header = rest.toString('latin1', 0, head);
        const length = Number(/content-length: (\d+)/i.exec(header)?.[1] ?? 0);
        if (rest.length < head + 4 + length) return;
        if (!header.startsWith('HTTP/1.1 200')) errors++;
        rest = rest.subarray(head + 4 + length);
        const now = performance.now();
        latencies.push(now - sentAt);
        if (now < deadline) send();
        else socket.end();
      });
      socket.on('error', () => errors++);
      socket.on('close', () => resolve());
    });
  await Promise.all(Array.from({ length: connections }, one));
  const elapsed = (performance.now() - started) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0;
  return { requests: latencies.length, errors, seconds: elapsed, p50: at(0.5), p99: at(0.99) };
}
