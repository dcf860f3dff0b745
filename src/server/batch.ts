// Requests that share one run of the model: their rows, appended to one array per input.

import { dtypes } from '../graph/dtype.ts';
import type { Tensor, TensorData, TypedArray } from '../graph/tensor.ts';
import type { Port } from './ports.ts';
import type { Refusal } from './refusal.ts';

/** One request, from the batcher's side. */
export type Job = {
  /** Rows it brings; 1 where the model has no batch axis. */
  readonly rows: number;
  /** performance.now() when its last byte came. */
  readonly arrivedAt: number;
  /** Answered already, for example because its time was up; whatever comes later is void. */
  readonly isSettled: boolean;
  done(outputs: readonly Tensor[], timing: Timing): void;
  fail(refusal: Refusal): void;
};

export type Timing = { readonly queueMs: number; readonly computeMs: number };

/** Elements appended one request after the other. */
export type Sink = { data: TypedArray | string[]; length: number };

export class Batch {
  readonly jobs: Job[] = [];
  rows = 0;
  /** The axes behind the first one; only requests alike in them fit together. */
  readonly key: string;
  readonly sinks: readonly Sink[];
  /** Set when a single request brought its tensors ready-made. */
  own: readonly Tensor[] | undefined;
  readonly #rests: readonly (readonly number[])[];

  constructor(key: string, rests: readonly (readonly number[])[], sinks: readonly Sink[]) {
    this.key = key;
    this.#rests = rests;
    this.sinks = sinks;
  }

  /** What the runtime gets. */
  feeds(ports: readonly Port[]): readonly Tensor[] {
    return this.own ?? ports.map((port, index) => this.#slice(port, index, 0, this.rows));
  }

  /** The tensors of one of the jobs alone. */
  feedsOf(job: Job, ports: readonly Port[]): readonly Tensor[] {
    if (this.own) return this.own;
    const start = this.startOf(job);
    return ports.map((port, index) => this.#slice(port, index, start, start + job.rows));
  }

  /** First row of a job. */
  startOf(job: Job): number {
    let start = 0;
    for (const other of this.jobs) {
      if (other === job) break;
      start += other.rows;
    }
    return start;
  }

  append(job: Job, tensors: readonly Tensor[]): void {
    tensors.forEach(({ data }, index) => {
      const sink = this.sinks[index];
      if (sink) appendTo(sink, data);
    });
    this.jobs.push(job);
    this.rows += job.rows;
  }

  #slice(port: Port, index: number, from: number, to: number): Tensor {
    const sink = this.sinks[index];
    const rest = this.#rests[index] ?? [];
    const size = rest.reduce((product, dim) => product * dim, 1);
    const data = sliceData(sink?.data ?? [], from * size, to * size);
    return { dtype: port.dtype, dims: [to - from, ...rest], data };
  }
}

export function newSink({ dtype }: Port, capacity: number): Sink {
  const array = dtypes[dtype].array;
  return { data: array === 'strings' ? [] : new array(capacity), length: 0 };
}

/** A view for numbers, a copy for strings. */
export function sliceData(data: TensorData, from: number, to: number): TensorData {
  return isStrings(data) ? data.slice(from, to) : (data as TypedArray).subarray(from, to);
}

function appendTo(sink: Sink, data: TensorData): void {
  const end = sink.length + data.length;
  if (isStrings(sink.data)) {
    sink.data = sink.data.slice(0, sink.length).concat(data as readonly string[]);
  } else {
    if (end > sink.data.length) {
      const larger = new (sink.data.constructor as new (length: number) => TypedArray)(
        Math.max(end, sink.data.length * 2),
      );
      copy(larger, sink.data, 0);
      sink.data = larger;
    }
    copy(sink.data, data as TypedArray, sink.length);
  }
  sink.length = end;
}

function copy(target: TypedArray, source: TypedArray, offset: number): void {
  // The two are of one kind, which the union type cannot say.
  (target as Float32Array).set(source as Float32Array, offset);
}

function isStrings(data: TensorData): data is string[] {
  return Array.isArray(data);
}
