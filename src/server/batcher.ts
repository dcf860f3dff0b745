// Puts requests that arrive in the same turn of the event loop into one run, and keeps the lanes busy.

import type { Tensor } from '../graph/tensor.ts';
import { Batch, type Job, newSink, type Sink, sliceData } from './batch.ts';
import type { Lane } from './lanes/lane.ts';
import type { Port } from './ports.ts';
import { asRefusal, Refusal, refuse } from './refusal.ts';

export type BatcherOptions = {
  readonly model: string;
  readonly inputs: readonly Port[];
  readonly isBatched: boolean;
  readonly maxRows: number;
  readonly maxQueue: number;
  readonly timeoutMs: number;
  /** Called once per run, with the rows in it. */
  readonly onRun: (rows: number) => void;
  /** Called after the jobs of a run have been answered. */
  readonly onAnswered: () => void;
};

/** Elements of an array that is kept whatever it was for. */
const MAX_KEPT = 65_536;

export class Batcher {
  readonly #options: BatcherOptions;
  readonly #lanes: readonly Lane[];
  readonly #load: number[];
  /** The axes behind the first one of each input, where they are fixed. */
  readonly #rests: readonly (readonly number[])[];
  /** Waiting, oldest first; the last one may still be open. */
  readonly #queue: Batch[] = [];
  readonly #running = new Set<Batch>();
  /** Arrays of finished batches, to be used again. */
  readonly #spare: (readonly Sink[])[] = [];
  #waiting = 0;
  #isScheduled = false;
  #isBatched: boolean;
  #sweep: NodeJS.Timeout | undefined;

  constructor(options: BatcherOptions, lanes: readonly Lane[]) {
    this.#options = options;
    this.#lanes = lanes;
    this.#load = lanes.map(() => 0);
    this.#rests = options.inputs.map(({ dims }) => dims.slice(1));
    this.#isBatched = options.isBatched;
  }

  /** Throws 429 when too many requests wait already. */
  checkRoom(): void {
    const { maxQueue, model } = this.#options;
    if (this.#waiting >= maxQueue) throw refuse.queueFull(model, this.#waiting);
  }

  /** Where rows of fixed size may be appended directly. Follow with `commit`, or `rollback`. */
  sinks(): readonly Sink[] {
    return this.#open('', this.#rests).sinks;
  }

  /** The numbers appended to `sinks` are this job's. */
  commit(job: Job): void {
    let batch = this.#open('', this.#rests);
    if (batch.rows > 0 && batch.rows + job.rows > this.#options.maxRows) batch = this.#split(batch);
    batch.jobs.push(job);
    batch.rows += job.rows;
    this.#added();
  }

  /** Forgets what was appended since the last `commit`. */
  rollback(): void {
    const batch = this.#queue.at(-1);
    if (!batch) return;
    batch.sinks.forEach((sink, index) => {
      sink.length = batch.rows * this.#rowSize(index);
    });
  }

  /** Adds a job with tensors of its own. */
  add(job: Job, tensors: readonly Tensor[]): void {
    const rests = tensors.map(({ dims }) => dims.slice(1));
    const isShared = this.#isBatched && job.rows < this.#options.maxRows;
    if (isShared) {
      let batch = this.#open(keyOf(rests, this.#options.inputs), rests);
      if (batch.rows + job.rows > this.#options.maxRows) batch = this.#push(batch.key, rests);
      batch.append(job, tensors);
    } else {
      const batch = new Batch(`alone`, rests, []);
      batch.own = tensors;
      batch.jobs.push(job);
      batch.rows = job.rows;
      this.#queue.push(batch);
    }
    this.#added();
  }

  async release(): Promise<void> {
    clearInterval(this.#sweep);
    await Promise.all(this.#lanes.map((lane) => lane.release()));
  }

  #added(): void {
    this.#waiting++;
    this.#watch();
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // After the sockets of this turn have been read.
    setImmediate(() => {
      this.#isScheduled = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const lane = this.#freeLane();
      if (lane < 0) return;
      const batch = this.#queue.shift();
      if (!batch || batch.jobs.length === 0) continue;
      this.#waiting -= batch.jobs.length;
      // Nobody waits for it any more.
      if (batch.jobs.every((job) => job.isSettled)) continue;
      void this.#run(batch, lane);
    }
  }

  async #run(batch: Batch, laneIndex: number): Promise<void> {
    const lane = this.#lanes[laneIndex];
    if (!lane) return;
    this.#load[laneIndex] = (this.#load[laneIndex] ?? 0) + 1;
    this.#running.add(batch);
    const from = performance.now();
    try {
      const outputs = await lane.run(batch.feeds(this.#options.inputs));
      const computeMs = performance.now() - from;
      this.#options.onRun(batch.rows);
      if (batch.jobs.length === 1 && batch.jobs[0]) {
        settle(batch.jobs[0], outputs, from, computeMs);
      } else if (outputs.every(({ dims }) => dims[0] === batch.rows)) {
        let start = 0;
        for (const job of batch.jobs) {
          settle(job, rowsOf(outputs, start, job.rows, batch.rows), from, computeMs);
          start += job.rows;
        }
      } else {
        // The model turned out to mix rows after all; it will not be batched again.
        this.#isBatched = false;
        await this.#runAlone(batch, lane);
      }
    } catch (cause) {
      // One request may have spoiled the run for the others.
      if (batch.jobs.length > 1) await this.#runAlone(batch, lane);
      else batch.jobs[0]?.fail(runRefusal(cause));
    }
    this.#running.delete(batch);
    this.#load[laneIndex] = (this.#load[laneIndex] ?? 1) - 1;
    this.#keep(batch);
    this.#options.onAnswered();
    this.#dispatch();
  }

  /** Arrays of an unusually large request are not kept for the next one. */
  #keep({ sinks }: Batch): void {
    const usual = (index: number) => Math.max(MAX_KEPT, this.#rowSize(index) * this.#options.maxRows * 2);
    const isUsual = sinks.length > 0 && sinks.every(({ data }, index) => data.length <= usual(index));
    if (isUsual && this.#spare.length < 4) this.#spare.push(sinks);
  }

  async #runAlone(batch: Batch, lane: Lane): Promise<void> {
    for (const job of batch.jobs) {
      if (job.isSettled) continue;
      const from = performance.now();
      try {
        const outputs = await lane.run(batch.feedsOf(job, this.#options.inputs));
        this.#options.onRun(job.rows);
        settle(job, outputs, from, performance.now() - from);
      } catch (cause) {
        job.fail(runRefusal(cause));
      }
    }
  }

  /** The lane with the least to do, or -1. */
  #freeLane(): number {
    let best = -1;
    let least = Infinity;
    this.#lanes.forEach(({ depth }, index) => {
      const load = this.#load[index] ?? 0;
      if (load < depth && load < least) {
        best = index;
        least = load;
      }
    });
    return best;
  }

  /** The batch that takes rows of this kind, which is the last one in the queue. */
  #open(key: string, rests: readonly (readonly number[])[]): Batch {
    const last = this.#queue.at(-1);
    const isFull =
      last !== undefined && last.rows > 0 && (!this.#isBatched || last.rows >= this.#options.maxRows);
    if (last && last.key === key && !isFull) return last;
    return this.#push(key, rests);
  }

  #push(key: string, rests: readonly (readonly number[])[]): Batch {
    const { inputs, maxRows } = this.#options;
    // Arrays are only used again for rows of the same size; others come in too many sizes to keep.
    const spare = key === '' ? this.#spare.pop() : undefined;
    for (const sink of spare ?? []) sink.length = 0;
    const sinks =
      spare ??
      inputs.map((port, index) => {
        const size = (rests[index] ?? []).reduce((product, dim) => product * dim, 1);
        return newSink(port, size * Math.max(1, Math.min(maxRows, Math.floor(65536 / Math.max(1, size)))));
      });
    const batch = new Batch(key, rests, sinks);
    this.#queue.push(batch);
    return batch;
  }

  /** Moves what was appended behind the batch's rows into a new batch. */
  #split(batch: Batch): Batch {
    const next = this.#push('', this.#rests);
    batch.sinks.forEach((sink, index) => {
      const from = batch.rows * this.#rowSize(index);
      const tail = sliceData(sink.data, from, sink.length);
      const target = next.sinks[index];
      if (!target) return;
      target.data = tail.slice() as Sink['data'];
      target.length = tail.length;
      sink.length = from;
    });
    return next;
  }

  #rowSize(index: number): number {
    return this.#options.inputs[index]?.rowSize ?? 1;
  }

  /** Looks for jobs whose time is up, while there are any. */
  #watch(): void {
    if (this.#sweep) return;
    const { timeoutMs } = this.#options;
    const every = Math.min(1000, Math.max(20, timeoutMs / 10));
    this.#sweep = setInterval(() => {
      const limit = performance.now() - timeoutMs;
      let isAnswered = false;
      for (const batch of [...this.#queue, ...this.#running]) {
        for (const job of batch.jobs) {
          if (job.isSettled || job.arrivedAt > limit) continue;
          job.fail(refuse.timeout(timeoutMs));
          isAnswered = true;
        }
      }
      if (isAnswered) this.#options.onAnswered();
      if (this.#waiting === 0 && this.#running.size === 0) {
        clearInterval(this.#sweep);
        this.#sweep = undefined;
      }
    }, every);
    this.#sweep.unref();
  }
}

function settle(job: Job, outputs: readonly Tensor[], startedAt: number, computeMs: number): void {
  if (job.isSettled) return;
  try {
    job.done(outputs, { queueMs: startedAt - job.arrivedAt, computeMs });
  } catch (cause) {
    job.fail(asRefusal(cause));
  }
}

function rowsOf(outputs: readonly Tensor[], start: number, rows: number, all: number): readonly Tensor[] {
  return outputs.map(({ dtype, dims, data }) => {
    const size = data.length / all;
    return {
      dtype,
      dims: [rows, ...dims.slice(1)],
      data: sliceData(data, start * size, (start + rows) * size),
    };
  });
}

function keyOf(rests: readonly (readonly number[])[], ports: readonly Port[]): string {
  // '' where all rows are alike, which is what `sinks` fills too.
  return ports.every(({ rowSize }) => rowSize !== undefined)
    ? ''
    : rests.map((rest) => rest.join('x')).join(';');
}

function runRefusal(cause: unknown): Refusal {
  return cause instanceof Refusal
    ? cause
    : refuse.failed(`the model failed on this input: ${asRefusal(cause).message}`);
}
