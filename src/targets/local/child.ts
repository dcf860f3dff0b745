// One child process that serves one version: started, checked, given connections, drained.

import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Store } from '../../store/layout.ts';
import type { Version } from '../../store/versions.ts';
import { waitUntilReady } from './health.ts';
import type { FromChild, ToChild } from './protocol.ts';

const START_MS = 120_000;
const DRAIN_MS = 35_000;

export type Child = {
  readonly version: Version;
  /** Hands a client's connection over. */
  accept(socket: Socket): void;
  /** Answers what it has, then ends; killed when that takes too long. */
  drain(): Promise<void>;
  /** Called once when the process ends without having been asked to. */
  onDeath(listener: () => void): void;
};

/** Starts the version and waits until it is loaded, has run once and is ready. Rejects with a plain Error that says what was wrong. */
export async function startChild(store: Store, version: Version, executable: string): Promise<Child> {
  const child = fork(executable, ['serve-version', store.root, store.name, version.version], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  try {
    const url = await ready(child);
    await waitUntilReady(url);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  let isExpected = false;
  return {
    version,
    accept(socket) {
      // A child that died a moment ago cannot take it: the client sees a reset and tries again.
      child.send({ type: 'connection' } satisfies ToChild, socket, (error) => error && socket.destroy());
    },
    async drain() {
      isExpected = true;
      await ended(child, () => child.connected && child.send({ type: 'drain' } satisfies ToChild));
    },
    onDeath(listener) {
      child.once('exit', () => {
        if (!isExpected) listener();
      });
    },
  };
}

function ready(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`it was not ready after ${START_MS / 1000} s`)),
      START_MS,
    );
    const settle = (act: () => void) => {
      clearTimeout(timer);
      act();
    };
    child.on('message', (message: FromChild) => {
      if (message.type === 'ready') settle(() => resolve(message.url));
      else settle(() => reject(new Error(message.message)));
    });
    child.once('exit', (code, signal) =>
      settle(() => reject(new Error(`its process ended with ${signal ?? code}`))),
    );
    child.once('error', (error) => settle(() => reject(error)));
  });
}

function ended(child: ChildProcess, ask: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), DRAIN_MS);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    ask();
  });
}
