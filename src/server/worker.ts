// A worker thread that holds one session and runs what it is sent, so that the thread serving HTTP never waits for a model.

import { parentPort, workerData } from 'node:worker_threads';
import type { Tensor } from '../graph/tensor.ts';
import { openForReals } from '../runtimes/real-values.ts';
import type { ModelSource, Session } from '../runtimes/session.ts';
import { runOrdered } from './lanes/ordered.ts';
import { buffersOf, transferable } from './lanes/transfer.ts';
import { findRuntime } from './runtime.ts';

export type WorkerStart = { readonly source: ModelSource; readonly runtime: string | undefined };
export type ToWorker = { readonly id: number; readonly feeds: readonly Tensor[] } | { readonly id: -1 };
export type FromWorker =
  | { readonly id: number; readonly outputs: readonly Tensor[] }
  | { readonly id: number; readonly error: string }
  | { readonly ready: true }
  | { readonly failed: string };

if (parentPort) await serve(parentPort);

async function serve(port: NonNullable<typeof parentPort>): Promise<void> {
  const { source, runtime } = workerData as WorkerStart;
  let session: Session;
  try {
    session = await openForReals(findRuntime(source, runtime), source, { threads: 1 });
  } catch (cause) {
    port.postMessage({ failed: message(cause) } satisfies FromWorker);
    return;
  }
  port.on('message', async (request: ToWorker) => {
    if (!('feeds' in request)) {
      await session.release();
      port.close();
      return;
    }
    const { id, feeds } = request;
    try {
      const outputs = (await runOrdered(session, session.inputs, session.outputs, feeds)).map(transferable);
      port.postMessage({ id, outputs } satisfies FromWorker, buffersOf(outputs));
    } catch (cause) {
      port.postMessage({ id, error: message(cause) } satisfies FromWorker);
    }
  });
  port.postMessage({ ready: true } satisfies FromWorker);
}

function message(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
