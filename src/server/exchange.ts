// One inference request from its last byte to its reply: the job the batcher runs, the line the log gets, the numbers the metrics get.

import type { Tensor } from '../graph/tensor.ts';
import type { Job, Timing } from './batch.ts';
import type { RequestLine } from './definition.ts';
import { logLine } from './log-line.ts';
import type { LoadedModel } from './model.ts';
import type { Outbox, Responder } from './outbox.ts';
import type { Refusal } from './refusal.ts';

/** What a protocol makes of the outputs. */
export type Answer = {
  readonly headers: readonly (string | number)[];
  readonly body: string | Uint8Array;
  /** JSON text of the outputs for the log, when they are logged. */
  readonly logged: string | undefined;
};

export type ExchangeContext = {
  readonly outbox: Outbox;
  /** Longest array logged in full; undefined when nothing is logged. */
  readonly maxLogged: number | undefined;
  readonly onRequest: ((line: RequestLine) => void) | undefined;
};

export class Exchange implements Job {
  readonly model: LoadedModel;
  readonly protocol: string;
  readonly arrivedAt = performance.now();
  readonly context: ExchangeContext;
  isSettled = false;
  /** Rows of the feeds; set by the protocol. */
  rows = 0;
  /** Rows as people count them; 0 until known. */
  loggedRows = 0;
  id: string | undefined;
  /** JSON text of the inputs for the log. */
  loggedInputs: string | undefined;
  /** Makes the reply of the outputs; set by the protocol. */
  format: ((outputs: readonly Tensor[], exchange: Exchange) => Answer) | undefined;
  readonly #responder: Responder;

  constructor(model: LoadedModel, protocol: string, responder: Responder, context: ExchangeContext) {
    this.model = model;
    this.protocol = protocol;
    this.context = context;
    this.#responder = responder;
    model.metrics.inFlight++;
  }

  done(outputs: readonly Tensor[], { queueMs, computeMs }: Timing): void {
    const { metrics } = this.model;
    metrics.queue.add(queueMs / 1000);
    metrics.compute.add(computeMs / 1000);
    const answer = this.format?.(outputs, this);
    if (answer) this.#reply(200, answer.headers, answer.body, answer.logged, undefined);
  }

  fail({ status, message, headers }: Refusal): void {
    if (this.isSettled) return;
    const all = ['Content-Type', 'application/json', ...Object.entries(headers).flat()];
    this.#reply(status, all, JSON.stringify({ error: message }), undefined, message);
  }

  /** Counts and logs a refusal that is answered elsewhere, because its body is still coming. */
  record({ status, message }: Refusal): void {
    const line = this.#settle(status, undefined, message);
    if (line !== undefined) this.context.outbox.log(line);
  }

  #reply(
    status: number,
    headers: readonly (string | number)[],
    body: string | Uint8Array,
    outputs: string | undefined,
    error: string | undefined,
  ): void {
    const line = this.#settle(status, outputs, error);
    this.context.outbox.push(this.#responder, status, headers, body, line);
  }

  /** Counts the request and returns its line for the log. */
  #settle(status: number, outputs: string | undefined, error: string | undefined): string | undefined {
    this.isSettled = true;
    const { metrics, spec } = this.model;
    const { maxLogged, onRequest } = this.context;
    const latencyMs = performance.now() - this.arrivedAt;
    metrics.inFlight--;
    metrics.request.add(latencyMs / 1000);
    const key = `${this.protocol} ${status}`;
    metrics.answered.set(key, (metrics.answered.get(key) ?? 0) + 1);
    if (maxLogged === undefined && onRequest === undefined) return undefined;
    const time = isoTime(Date.now() - Math.round(latencyMs));
    onRequest?.({ time, method: 'POST', path: `/v2/models/${spec.name}/infer`, status, latencyMs });
    if (maxLogged === undefined) return undefined;
    return logLine({
      time,
      id: this.id ?? nextId(),
      model: spec.name,
      ...(spec.version === undefined ? {} : { version: spec.version }),
      status,
      latencyMs,
      rows: this.loggedRows,
      inputs: this.loggedInputs,
      outputs,
      ...(error === undefined ? {} : { error }),
    });
  }
}

let lastTime = 0;
let lastText = '';

/** ISO 8601; most requests share their millisecond with the one before. */
function isoTime(ms: number): string {
  if (ms !== lastTime || lastText === '') {
    lastTime = ms;
    lastText = new Date(ms).toISOString();
  }
  return lastText;
}

const idPrefix = Math.random().toString(36).slice(2, 10);
let idCount = 0;

/** For requests that bring none, so that every line of the log can be told apart. */
function nextId(): string {
  idCount++;
  return `${idPrefix}-${idCount.toString(36)}`;
}
