// Runs the command line in this process with fake streams and gives back everything it did.

import type { Io } from '../../src/cli/io.ts';
import { main } from '../../src/cli/main.ts';

export type Run = { readonly code: number; readonly stdout: string; readonly stderr: string };

export type RunOptions = {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  readonly isTTY?: boolean;
  readonly stdin?: string;
};

/** @example await run('inspect', 'fixtures/demo/iris.h5') */
export async function run(...words: (string | RunOptions)[]): Promise<Run> {
  const options = words.find((word): word is RunOptions => typeof word === 'object') ?? {};
  const argv = words.filter((word): word is string => typeof word === 'string');
  const { Readable } = await import('node:stream');
  const out: string[] = [];
  const err: string[] = [];
  const isTTY = options.isTTY ?? false;
  const io: Io = {
    stdin: Object.assign(Readable.from(options.stdin === undefined ? [] : [options.stdin]), { isTTY }),
    stdout: { isTTY, columns: 80, write: (text) => out.push(latin1(text)) },
    stderr: { isTTY, columns: 80, write: (text) => err.push(latin1(text)) },
    env: options.env ?? {},
    cwd: options.cwd ?? process.cwd(),
    platform: 'linux',
    nodeVersion: process.version,
    pid: process.pid,
    onSignal: () => () => {},
    exitNow: (code) => {
      throw new Error(`exitNow(${code})`);
    },
  };
  const code = await main(argv, io);
  return { code, stdout: out.join(''), stderr: err.join('') };
}

/** Bytes as one character each, so that an artifact on standard output can be looked at too. */
function latin1(text: string | Uint8Array): string {
  return typeof text === 'string' ? text : Buffer.from(text).toString('latin1');
}
