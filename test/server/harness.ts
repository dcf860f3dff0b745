// Starts servers for tests: in this process from the build, or as the command in a process of its own.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Context, quietContext } from '../../src/context.ts';
import type { RunningServer, ServedModel, ServerOptions } from '../../src/server/definition.ts';

export const limits = { maxBodyBytes: 1_000_000, maxQueue: 4096, timeoutMs: 10_000, drainMs: 5000 };

export function model(name: string, bytes: Uint8Array, more: Partial<ServedModel> = {}): ServedModel {
  return {
    name,
    digest: 'd'.repeat(64),
    format: 'onnx',
    source: { format: 'onnx', bytes },
    signature: { inputs: {}, outputs: {} },
    ...more,
  };
}

/** The build, because workers are started from it. */
export async function start(
  models: readonly ServedModel[],
  more: Partial<ServerOptions> = {},
): Promise<RunningServer> {
  const url = new URL('../../dist/server/server.js', import.meta.url).href;
  const { startServer } = (await import(url)) as {
    startServer(options: ServerOptions, context: Context): Promise<RunningServer>;
  };
  return startServer({ host: '127.0.0.1', port: 0, models, limits, log: undefined, ...more }, quietContext());
}

export type Served = {
  readonly process: ChildProcess;
  readonly url: string;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Exit code or signal. */
  ended(): Promise<number | NodeJS.Signals>;
};

/** `mlctl serve …` until it printed its address. */
export async function command(words: readonly string[], cwd?: string): Promise<Served> {
  const executable = fileURLToPath(new URL('../../bin/mlctl.js', import.meta.url));
  const child = spawn(process.execPath, [executable, 'serve', ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  let stdout = '';
  let stderr = '';
  const exit = once(child, 'exit');
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk;
      const found = /http:\/\/[^\s"]+/.exec(stdout)?.[0];
      if (found) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`mlctl serve ended with ${code}: ${stderr}`)));
  });
  return {
    process: child,
    url,
    stdout: () => stdout,
    stderr: () => stderr,
    async ended() {
      const [code, signal] = (await exit) as [number | null, NodeJS.Signals | null];
      return code ?? signal ?? -1;
    },
  };
}

export type Reply = { readonly status: number; readonly body: unknown; readonly headers: Headers };

export async function ask(url: string, init: RequestInit = {}): Promise<Reply> {
  const reply = await fetch(url, init);
  const text = await reply.text();
  const isJson = reply.headers.get('content-type')?.startsWith('application/json');
  return {
    status: reply.status,
    body: isJson && text !== '' ? JSON.parse(text) : text,
    headers: reply.headers,
  };
}

export function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
  return ask(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** One FP32 input, flat. */
export function feed(name: string, shape: readonly number[], data: readonly unknown[]) {
  return { inputs: [{ name, shape, datatype: 'FP32', data }] };
}
