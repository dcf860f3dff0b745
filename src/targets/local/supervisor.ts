// The background process of a local deployment. It owns the port, hands each connection to the child that
// serves the current version, starts that child again when it dies, and switches versions on request:
// the old child answers until the new one has passed its health check, then drains.

import { appendFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { errors } from '../../errors.ts';
import { layout, type Store } from '../../store/layout.ts';
import { getVersion, type Version } from '../../store/versions.ts';
import { type Child, startChild } from './child.ts';
import type { SupervisorStatus } from './protocol.ts';

// Connections that may wait while a dead child is started again.
const MAX_WAITING = 1024;
const RESTART_MS = { first: 100, most: 10_000 };

export type SupervisorOptions = {
  readonly store: Store;
  readonly version: string;
  readonly host: string;
  readonly port: number;
  /** Path of the mlctl executable, for the children. */
  readonly executable: string;
  readonly pid: number;
};

export type Supervisor = {
  status(): SupervisorStatus;
  /** Errors: DEPLOY_FAILED, VERSION_UNKNOWN. */
  switchTo(version: string): Promise<SupervisorStatus>;
  close(): Promise<void>;
};

export async function startSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const { store, executable } = options;
  const waiting: Socket[] = [];
  let current: Child | undefined;
  let version: Version = await getVersion(store, options.version);
  let since = new Date();
  let restarts = 0;
  let isClosing = false;

  const log = (text: string) =>
    appendFile(layout.serverLog(store), `${new Date().toISOString()} supervisor: ${text}\n`).catch(() => {});

  const accept = (socket: Socket) => {
    if (current) current.accept(socket);
    else if (waiting.length < MAX_WAITING) waiting.push(socket);
    else socket.destroy();
  };
  const install = (child: Child) => {
    current = child;
    version = child.version;
    child.onDeath(() => {
      if (current !== child || isClosing) return;
      current = undefined;
      void revive();
    });
    for (const socket of waiting.splice(0)) child.accept(socket);
  };
  const revive = async () => {
    const dead = version;
    for (let pause = RESTART_MS.first; !isClosing && !current; pause = Math.min(pause * 2, RESTART_MS.most)) {
      restarts++;
      await log(`version ${dead.version} died; starting it again (${restarts})`);
      await sleep(pause);
      const child = await startChild(store, dead, executable).catch((error: unknown) => log(String(error)));
      if (!child) continue;
      // A switch may have come in between; the newer version stays.
      if (current || isClosing) await child.drain();
      else install(child);
    }
  };

  const first = await startChild(store, version, executable).catch((cause: unknown) => {
    throw errors.DEPLOY_FAILED(store.name, options.version, messageOf(cause), null);
  });
  // Paused, so that no byte is read here and lost to the child.
  const server = createServer({ pauseOnConnect: true }, accept);
  try {
    await listen(server, options);
  } catch (error) {
    await first.drain();
    throw error;
  }
  install(first);
  const url = urlOf(server, options.host);
  await log(`version ${version.version} answers on ${url}`);

  const status = (): SupervisorStatus => ({
    pid: options.pid,
    url,
    version: version.version,
    digest: version.digest,
    since: since.toISOString(),
    restarts,
  });
  let last: Promise<unknown> = Promise.resolve();
  const switchTo = async (to: string): Promise<SupervisorStatus> => {
    const next = await getVersion(store, to);
    if (current && version.version === to) return status();
    const child = await startChild(store, next, executable).catch((cause: unknown) => {
      throw errors.DEPLOY_FAILED(store.name, to, messageOf(cause), version.version);
    });
    const old = current;
    install(child);
    since = new Date();
    restarts = 0;
    await log(`switched to version ${to}`);
    await old?.drain();
    return status();
  };
  return {
    status,
    // One after the other: two switches at once would leave a child nobody knows.
    switchTo(to) {
      const result = last.then(() => switchTo(to));
      last = result.catch(() => {});
      return result;
    },
    async close() {
      isClosing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await last;
      for (const socket of waiting.splice(0)) socket.destroy();
      await current?.drain();
      await Promise.race([closed, sleep(500)]);
      await log('stopped');
    },
  };
}

function listen(server: Server, { host, port }: SupervisorOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? errors.PORT_IN_USE(host, port) : error);
    });
    server.listen(port, host, resolve);
  });
}

function urlOf(server: Server, host: string): string {
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
