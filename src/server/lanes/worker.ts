// A lane in a worker thread. A worker that dies is replaced; the run it took with it fails.

import { Worker } from 'node:worker_threads';
import type { Tensor } from '../../graph/tensor.ts';
import type { FromWorker, ToWorker, WorkerStart } from '../worker.ts';
import type { Lane } from './lane.ts';
import { buffersOf, transferable } from './transfer.ts';

type Waiting = {
  readonly resolve: (outputs: readonly Tensor[]) => void;
  readonly reject: (cause: Error) => void;
};

/** Resolves when the worker has loaded the model. */
export async function workerLane(start: WorkerStart): Promise<Lane> {
  let current = await startWorker(start);
  let isReleased = false;

  const watch = (worker: Running) => {
    worker.onExit((cause) => {
      if (isReleased) return;
      // Not ready until then: runs sent meanwhile fail with the reason.
      startWorker(start).then(
        (replacement) => {
          current = replacement;
          watch(replacement);
          if (isReleased) void replacement.stop();
        },
        () => {
          current = brokenWorker(cause);
        },
      );
    });
  };
  watch(current);

  return {
    // One run in progress and the next one waiting, so that the worker never waits for the HTTP thread.
    depth: 2,
    run: (feeds) => current.run(feeds),
    release: async () => {
      isReleased = true;
      await current.stop();
    },
  };
}

type Running = {
  run(feeds: readonly Tensor[]): Promise<readonly Tensor[]>;
  onExit(listener: (cause: Error) => void): void;
  stop(): Promise<void>;
};

function startWorker(start: WorkerStart): Promise<Running> {
  const url = new URL(import.meta.url.endsWith('.ts') ? '../worker.ts' : '../worker.js', import.meta.url);
  return new Promise((resolve, reject) => {
    const worker = new Worker(url, { workerData: start });
    const waiting = new Map<number, Waiting>();
    let nextId = 0;
    let isOver = false;
    let died: (cause: Error) => void = reject;

    const end = (cause: Error) => {
      if (isOver) return;
      isOver = true;
      for (const { reject } of waiting.values()) reject(cause);
      waiting.clear();
      died(cause);
    };
    worker.on('error', (cause) => end(cause instanceof Error ? cause : new Error(String(cause))));
    worker.on('exit', (code) => end(new Error(`the worker running the model ended with code ${code}`)));
    worker.on('message', (message: FromWorker) => {
      if ('failed' in message) return end(new Error(message.failed));
      if ('ready' in message) {
        died = () => {};
        const onExit = (listener: (cause: Error) => void) => {
          died = listener;
        };
        return resolve({ run, stop, onExit });
      }
      const { resolve: done, reject: fail } = waiting.get(message.id) ?? {};
      waiting.delete(message.id);
      if ('error' in message) fail?.(new Error(message.error));
      else done?.(message.outputs);
    });

    function run(feeds: readonly Tensor[]): Promise<readonly Tensor[]> {
      if (isOver) return Promise.reject(new Error('the worker running the model has ended'));
      return new Promise((done, fail) => {
        const id = nextId++;
        waiting.set(id, { resolve: done, reject: fail });
        const copies = feeds.map(transferable);
        worker.postMessage({ id, feeds: copies } satisfies ToWorker, buffersOf(copies));
      });
    }

    async function stop(): Promise<void> {
      if (isOver) return;
      isOver = true;
      const ended = new Promise((done) => worker.once('exit', done));
      worker.postMessage({ id: -1 } satisfies ToWorker);
      await ended;
    }
  });
}

function brokenWorker(cause: Error): Running {
  return { run: () => Promise.reject(cause), onExit() {}, async stop() {} };
}
