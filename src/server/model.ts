// A model being served: loaded, measured, and placed in this thread or in workers.

import { availableParallelism } from 'node:os';
import { openForReals } from '../runtimes/real-values.ts';
import type { Session } from '../runtimes/session.ts';
import { Batcher } from './batcher.ts';
import type { ServedModel, ServerOptions } from './definition.ts';
import { FastBody } from './fast-body.ts';
import { inlineLane } from './lanes/inline.ts';
import type { Lane } from './lanes/lane.ts';
import { workerLane } from './lanes/worker.ts';
import { type Measured, measure } from './measure.ts';
import type { Metrics, ModelMetrics } from './metrics.ts';
import { type Normalizer, normalizersOf } from './normalize.ts';
import { type Port, portOf } from './ports.ts';
import { findRuntime } from './runtime.ts';

export type LoadedModel = {
  readonly spec: ServedModel;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly normalizers: readonly (Normalizer | undefined)[];
  /** Reader of the usual request, where the inputs allow it. */
  readonly fast: FastBody | undefined;
  readonly batcher: Batcher;
  readonly metrics: ModelMetrics;
  readonly measured: Measured;
  /** Worker threads; 0 when it runs in this one. */
  readonly workers: number;
};

/** Above this a run is noticed by whoever else waits for the thread. */
const INLINE_MS = 1;

/** Errors: those of the runtime, when it refuses the model. */
export async function loadModel(
  spec: ServedModel,
  options: ServerOptions,
  metrics: Metrics,
  onAnswered: () => void,
): Promise<LoadedModel> {
  const from = performance.now();
  const session = await openForReals(findRuntime(spec.source, spec.runtime), spec.source, { threads: 1 });
  const inputs = session.inputs.map(portOf);
  const outputs = session.outputs.map(portOf);
  const normalizers = normalizersOf(inputs, spec.signature);
  const measured = await measure(session, inputs, outputs);
  const lanes = await placed(spec, session, measured, options, inputs, outputs);
  const counters = metrics.add(spec, performance.now() - from);
  const batcher = new Batcher(
    {
      model: spec.name,
      inputs,
      ...measured,
      ...options.limits,
      onRun: (rows) => counters.rows.add(rows),
      onAnswered,
    },
    lanes.list,
  );
  return {
    spec,
    inputs,
    outputs,
    normalizers,
    fast: FastBody.for(inputs),
    batcher,
    metrics: counters,
    measured,
    workers: lanes.workers,
  };
}

async function placed(
  spec: ServedModel,
  session: Session,
  { runMs }: Measured,
  { inline = 'auto', workers = availableParallelism() }: ServerOptions,
  inputs: readonly Port[],
  outputs: readonly Port[],
): Promise<{ readonly list: readonly Lane[]; readonly workers: number }> {
  const isInline = inline === 'always' || (inline === 'auto' && runMs !== undefined && runMs <= INLINE_MS);
  if (isInline) return { list: [inlineLane(session, inputs, outputs)], workers: 0 };
  await session.release();
  const start = { source: spec.source, runtime: spec.runtime };
  const list = await Promise.all(Array.from({ length: workers }, () => workerLane(start)));
  return { list, workers };
}
