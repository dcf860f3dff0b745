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
      let sentAt = 0;
      let rest: Buffer = Buffer.alloc(0);
      // Replies to one request are alike in length: once it is known, a chunk of that length is a whole reply.
      let usual = 0;
      const finish = (isGood: boolean) => {
        if (!isGood) errors++;
        const now = performance.now();
        latencies.push(now - sentAt);
        if (now >= deadline) {
          socket.end();
          return;
        }
        sentAt = now;
        socket.write(request);
      };
      const receive = (size: number, buffer: Uint8Array): boolean => {
        const chunk = buffer.subarray(0, size);
        if (size === usual && rest.length === 0) {
          finish(isOk(chunk));
          return true;
        }
        rest = Buffer.concat([rest, chunk]);
        const head = rest.indexOf('\r\n\r\n');
        if (head < 0) return true;
        const header = rest.toString('latin1', 0, head);
        const length = head + 4 + Number(/content-length: (\d+)/i.exec(header)?.[1] ?? 0);
        if (rest.length < length) return true;
        usual = length;
        rest = rest.subarray(length);
        finish(header.startsWith('HTTP/1.1 200'));
        return true;
      };
      // `onread` reads into one buffer, without the cost of a stream.
      const socket = connect({
        port,
        host: '127.0.0.1',
        noDelay: true,
        onread: { buffer: Buffer.alloc(65536), callback: receive },
      });
      socket.on('connect', () => {
        sentAt = performance.now();
        socket.write(request);
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

/** `HTTP/1.1 200` */
function isOk(reply: Uint8Array): boolean {
  return reply[9] === 0x32 && reply[10] === 0x30 && reply[11] === 0x30;
}
