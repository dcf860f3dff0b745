// The background side of a local deployment: what the hidden commands `supervise` and `serve-version` run.

import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { MlctlError } from '../errors.ts';
import type { ServerOptions } from '../server/definition.ts';
import { layout, type Store } from '../store/layout.ts';
import { getVersion, openVersion } from '../store/versions.ts';
import { openControl } from '../targets/local/control.ts';
import { executable } from '../targets/local/index.ts';
import type { Channel, FromChild, FromSupervisor, ToChild } from '../targets/local/protocol.ts';
import { startSupervisor } from '../targets/local/supervisor.ts';
import { defaultLimits, defaultLog } from './serve-defaults.ts';

export type SuperviseOptions = {
  readonly root: string;
  readonly name: string;
  readonly version: string;
  readonly host: string;
  readonly port: number;
  readonly pid: number;
};

/** Runs until it is told to stop. Tells the command that forked it how the start went. */
export async function supervise(
  { root, name, version, host, port, pid }: SuperviseOptions,
  parent: { send(message: FromSupervisor): void } | undefined,
  context: Context,
): Promise<void> {
  const store: Store = { root, name };
  try {
    const supervisor = await startSupervisor({ store, version, host, port, executable, pid });
    let closeControl: (() => Promise<void>) | undefined;
    await new Promise<void>((stop, fail) => {
      context.signal.addEventListener('abort', () => stop());
      openControl(store, supervisor, stop).then((close) => {
        closeControl = close;
        parent?.send({ type: 'running', status: supervisor.status() });
      }, fail);
    });
    await supervisor.close();
    await closeControl?.();
  } catch (error) {
    const known = error instanceof MlctlError ? { code: error.code, hint: error.hint } : {};
    parent?.send({ type: 'failed', error: { ...known, message: messageOf(error) } });
    throw error;
  }
}

/** Serves one stored version on a private port and on the connections its supervisor hands over. */
export async function serveVersion(
  { root, name, version }: Pick<SuperviseOptions, 'root' | 'name' | 'version'>,
  parent: Channel<FromChild, ToChild>,
  context: Context,
): Promise<void> {
  const store: Store = { root, name };
  try {
    const { startServer } = await import('../server/server.ts');
    const stored = await getVersion(store, version);
    const path = await openVersion(store, stored);
    const { digest, format, signature, serve, source, quantization } = stored;
    const isSource = format === source.format && source.signature !== undefined;
    const model = {
      name,
      version,
      digest,
      format: source.format,
      source: {
        format,
        path,
        ...(isSource ? { signature: source.signature } : {}),
        ...(quantization === undefined ? {} : { quantization }),
      },
      signature,
    };
    const options = { host: '127.0.0.1', port: 0, models: [model], ...settings(store, serve) };
    const server = await startServer(options, context);
    await new Promise<void>((drain) => {
      parent.onMessage((message, socket) => {
        if (message.type === 'connection') server.accept(socket as Socket);
        else drain();
      });
      // A child without its supervisor has no clients any more.
      parent.onClose(drain);
      context.signal.addEventListener('abort', () => drain());
      parent.send({ type: 'ready', url: server.url });
    });
    await server.close();
  } catch (error) {
    parent.send({ type: 'failed', message: messageOf(error) });
    throw error;
  } finally {
    parent.close();
  }
}

function settings(
  store: Store,
  serve: Readonly<Record<string, unknown>>,
): Pick<ServerOptions, 'limits' | 'log'> {
  const { log, ...limits } = serve;
  const folder = join(layout.predictions(store));
  return {
    limits: { ...defaultLimits, ...limits },
    log: { ...defaultLog, folder, ...(log as object | undefined) },
  };
}

function messageOf(error: unknown): string {
  if (error instanceof MlctlError) return [error.message, ...error.details].join('; ');
  return error instanceof Error ? error.message : String(error);
}
