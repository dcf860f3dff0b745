// All quick connections of a server: who gets a new one, and who has waited too long.

import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Routes } from '../routes.ts';
import { QuickConnection } from './connection.ts';
import { Heads } from './head.ts';

export type QuickServer = {
  /** Ends connections that have no request. */
  closeIdle(): void;
  closeAll(): void;
};

export type QuickTimes = { readonly keepAliveMs: number; readonly requestMs: number };

const CHECK_MS = 5000;

/** Takes new connections of `http` first, and passes on those that are not for it. */
export function takeConnections(
  http: Server,
  routes: Routes,
  maxBody: number,
  { keepAliveMs, requestMs }: QuickTimes,
): QuickServer {
  const heads = new Heads(routes, maxBody);
  const connections = new Set<QuickConnection>();
  const [plain, ...others] = http.listeners('connection') as ((socket: Socket) => void)[];
  http.removeAllListeners('connection');
  http.on('connection', (socket: Socket) => {
    connections.add(
      new QuickConnection(socket, {
        heads,
        keepAliveMs,
        handOver: (handed) => plain?.call(http, handed),
        onGone: (connection) => connections.delete(connection),
      }),
    );
  });
  for (const other of others) http.on('connection', other);
  const check = setInterval(() => {
    const now = performance.now();
    for (const connection of connections) {
      const waited = now - connection.since;
      if (connection.isIdle && waited > keepAliveMs) connection.end();
      else if (connection.isArriving && waited > requestMs) connection.end(TOO_SLOW);
    }
  }, CHECK_MS);
  check.unref();
  return {
    closeIdle() {
      for (const connection of connections) if (connection.isIdle) connection.end();
    },
    closeAll() {
      clearInterval(check);
      for (const connection of connections) connection.destroy();
    },
  };
}

const body = JSON.stringify({ error: 'the request took too long to arrive' });
const TOO_SLOW =
  'HTTP/1.1 408 Request Timeout\r\nContent-Type: application/json\r\n' +
  `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
