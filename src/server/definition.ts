// What starting a server takes and gives. lifecycle/serve.ts fills the options in; targets start the same server.

import type { Socket } from 'node:net';
import type { Signature } from '../graph/signature.ts';
import type { ModelSource } from '../runtimes/session.ts';

export type ServerOptions = {
  /** 127.0.0.1 unless the user says otherwise. */
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly models: readonly ServedModel[];
  readonly limits: Limits;
  /** Folder of the prediction log; undefined turns it off. */
  readonly log: LogOptions | undefined;
  /** Where models run; `auto` by default: workers for models of more than a millisecond. */
  readonly inline?: 'auto' | 'always' | 'never';
  /** Worker threads per model that needs them; one per core by default. */
  readonly workers?: number;
  /** What stands for NaN and infinities in replies, which JSON has no numbers for; `error` (500) by default. */
  readonly nonFinite?: NonFinite;
  /** Leave all of HTTP to node:http: slower, for comparison. */
  readonly plainHttp?: boolean;
  /** Called once per finished request when the user wants request lines. */
  readonly onRequest?: (line: RequestLine) => void;
};

export type NonFinite = 'error' | 'string' | 'null' | 'literal';

export type ServedModel = {
  readonly name: string;
  /** Absent for a bare file; a server without versions does not send `model_version`. */
  readonly version?: string;
  /** sha256 of the artifact, hex. */
  readonly digest: string;
  /** Format of the file the user named, for metadata; `source` may be a conversion of it. */
  readonly format: string;
  readonly source: ModelSource;
  /** Registered runtime name; by the source's format when absent. */
  readonly runtime?: string;
  readonly signature: Signature;
};

export type Limits = {
  readonly maxBodyBytes: number;
  /** Requests waiting for a model before 429. */
  readonly maxQueue: number;
  /** Milliseconds before 504. */
  readonly timeoutMs: number;
  /** Milliseconds a drain may take before connections are cut. */
  readonly drainMs: number;
};

export type LogOptions = {
  readonly folder: string;
  /** A segment is closed at this size … */
  readonly segmentBytes: number;
  /** … and the oldest ones are deleted when all of them exceed this. */
  readonly maxBytes: number;
  /** Arrays longer than this are logged as a Summary. */
  readonly maxElements: number;
};

export type RequestLine = {
  readonly time: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly latencyMs: number;
};

export type RunningServer = {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  readonly port: number;
  /** Takes over a connection that another process accepted. */
  accept(socket: Socket): void;
  /** The models, with what was measured when they were loaded. */
  readonly models: readonly RunningModel[];
  /** Prometheus text, and the same as data for a supervisor that adds several processes up. */
  metrics(): Promise<string>;
  metricsData(): Promise<readonly unknown[]>;
  /** Stops accepting, finishes what was accepted, flushes the log, releases the models. */
  close(): Promise<void>;
};

export type RunningModel = {
  readonly name: string;
  readonly version: string | undefined;
  readonly runs: 'inline' | 'workers';
  readonly workers: number;
  /** Rows that may share a run; 1 when requests run one by one. */
  readonly maxRows: number;
  /** Milliseconds of one run with one row, measured; undefined where that was not possible. */
  readonly runMs: number | undefined;
  /** A request body that the model accepts. */
  readonly sample: string;
};
