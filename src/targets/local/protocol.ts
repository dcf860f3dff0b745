// The words between the supervisor, its children and the command line.

import type { ErrorCode } from '../../errors.ts';

/** Supervisor → child over the process channel. A socket goes along with `connection`. */
export type ToChild = { readonly type: 'connection' } | { readonly type: 'drain' };

/** Child → supervisor. */
export type FromChild =
  | { readonly type: 'ready'; readonly url: string }
  | { readonly type: 'failed'; readonly message: string };

/** Supervisor → the command that started it, once. */
export type FromSupervisor =
  | { readonly type: 'running'; readonly status: SupervisorStatus }
  | { readonly type: 'failed'; readonly error: Failure };

/** An error as it goes from one process to another. */
export type Failure = {
  /** Absent: not one of ours. */
  readonly code?: ErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
};

/** server.json: how to reach a running supervisor. Readable by its owner only, since it holds the token. */
export type ServerFile = {
  readonly pid: number;
  readonly controlPort: number;
  readonly token: string;
  readonly url: string;
};

export type SupervisorStatus = {
  readonly pid: number;
  readonly url: string;
  readonly version: string;
  readonly digest: string;
  readonly since: string;
  readonly restarts: number;
};

/** The process channel, as far as we use it: node:child_process on one side, the process itself on the other. */
export type Channel<Out, In> = {
  send(message: Out): void;
  onMessage(listener: (message: In, handle: unknown) => void): void;
  /** The other side went away. */
  onClose(listener: () => void): void;
  /** Lets go of the channel, which otherwise keeps this process alive. */
  close(): void;
};
