// Deploys to this machine: a background supervisor that survives the command, and one child per version.

import { fork } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Context } from '../../context.ts';
import { errors, MlctlError } from '../../errors.ts';
import { layout, type Store } from '../../store/layout.ts';
import type { Deployed, DeployRequest, PlanStep, Target } from '../definition.ts';
import { callControl } from './control.ts';
import type { Failure, FromSupervisor } from './protocol.ts';

export default {
  name: 'local',
  title: 'this machine, in the background',
  plan,
  check,
  apply,
  status: (store) => callControl(store, 'status'),
  stop,
} satisfies Target;

/** The same place from src/ and from dist/. */
export const executable = fileURLToPath(new URL('../../../bin/mlctl.js', import.meta.url));

const DEFAULT_PORT = 8080;

async function plan({ store, version, host, port = DEFAULT_PORT }: DeployRequest): Promise<PlanStep[]> {
  const running = await callControl(store, 'status');
  const name = version ? `version ${version.version}` : 'the new version';
  if (running && version?.version === running.version) {
    return [{ action: 'none', detail: `${name} answers on ${running.url} already` }];
  }
  const check: PlanStep = { action: 'check', detail: 'wait until it is loaded, has run once and is ready' };
  if (!running) {
    const place = port === 0 ? `a free port of ${host}` : `http://${host}:${port}`;
    return [
      { action: 'start', detail: `start a supervised server for ${name} in the background` },
      check,
      { action: 'switch', detail: `answer on ${place}` },
    ];
  }
  return [
    { action: 'start', detail: `start ${name} beside version ${running.version}` },
    check,
    { action: 'switch', detail: `give new connections on ${running.url} to ${name}` },
    { action: 'drain', detail: `let version ${running.version} finish its requests, then end it` },
  ];
}

async function apply(request: DeployRequest, context: Context): Promise<Deployed> {
  const { store, version } = request;
  if (!version) throw new Error('apply needs a stored version');
  const running = await callControl(store, 'status');
  if (!running) return startInBackground(request, version.version, context);
  const switched = await callControl(store, `switch/${version.version}`);
  if (!switched) throw errors.DEPLOY_FAILED(store.name, version.version, 'the supervisor went away', null);
  return switched;
}

async function stop(store: Store): Promise<boolean> {
  const stopped = await callControl(store, 'stop');
  if (!stopped) return false;
  // It answers at once and drains after that; gone means its control port is closed.
  for (let attempt = 0; attempt < 400; attempt++) {
    if (!(await callControl(store, 'status'))) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return true;
}

/** Refuses what `apply` would refuse after the version is stored. Errors: DEPLOYED_ELSEWHERE, PORT_IN_USE, ADDRESS_UNUSABLE. */
async function check({ store, host, port: wanted }: DeployRequest): Promise<void> {
  const running = await callControl(store, 'status');
  if (running) {
    if (wanted && new URL(running.url).port !== String(wanted))
      throw errors.DEPLOYED_ELSEWHERE(store.name, running.url);
    return;
  }
  const port = wanted ?? DEFAULT_PORT;
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === 'EADDRINUSE'
          ? errors.PORT_IN_USE(host, port)
          : errors.ADDRESS_UNUSABLE(host, port, cause),
      ),
    );
    server.listen(port, host, resolve);
  });
  await new Promise((resolve) => server.close(resolve));
}

function failure({ code, message, hint }: Failure, name: string, version: string): MlctlError {
  return code === undefined
    ? errors.DEPLOY_FAILED(name, version, message, null)
    : new MlctlError(code, message, { hint });
}

function startInBackground(
  { store, host, port = DEFAULT_PORT }: DeployRequest,
  version: string,
  context: Context,
): Promise<Deployed> {
  mkdirSync(layout.model(store), { recursive: true });
  const log = openSync(layout.serverLog(store), 'a');
  const child = fork(executable, ['supervise', store.root, store.name, version, host, String(port)], {
    cwd: context.cwd,
    env: context.env,
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  return new Promise<Deployed>((resolve, reject) => {
    child.once('message', (message: FromSupervisor) => {
      child.disconnect();
      child.unref();
      if (message.type === 'running') resolve(message.status);
      else reject(failure(message.error, store.name, version));
    });
    child.once('exit', (code, signal) => {
      const where = layout.serverLog(store);
      reject(
        errors.DEPLOY_FAILED(
          store.name,
          version,
          `the server ended with ${signal ?? code}; see ${where}`,
          null,
        ),
      );
    });
  });
}
