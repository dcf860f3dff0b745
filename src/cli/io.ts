// What main needs from the process. Tests pass fakes.

export type Io = {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: WritableStream;
  readonly stderr: WritableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly platform: string;
  readonly nodeVersion: string;
  /** Calls the listener for SIGINT and SIGTERM until the returned function is called. */
  onSignal(listener: (name: 'SIGINT' | 'SIGTERM') => void): () => void;
  /** The channel to the process that forked this one, when there is one. */
  readonly parent?: ParentChannel | undefined;
  readonly pid: number;
  /** Ends the process at once: only for the second Ctrl-C and for work that does not stop when asked. */
  exitNow(code: number): void;
};

type WritableStream = {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string | Uint8Array): unknown;
};

export type ParentChannel = {
  send(message: unknown): void;
  onMessage(listener: (message: unknown, handle: unknown) => void): void;
  onClose(listener: () => void): void;
  /** Lets go of the channel, which otherwise keeps this process alive. */
  close(): void;
};
