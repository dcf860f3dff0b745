// Goes back to an earlier version, and stops a deployment.

import type { Context } from '../context.ts';
import { errors } from '../errors.ts';
import { appendHistory, previousVersion, readHistory } from '../store/history.ts';
import { getVersion, listNames } from '../store/versions.ts';
import type { PlanStep } from '../targets/definition.ts';
import { recorded, resolveDeployment } from './deploy.ts';
import { findProject, refuseUnknown } from './status.ts';

export type RollbackOptions = {
  readonly name?: string;
  readonly config?: string;
  /** The version to go to; the one that answered before the current one otherwise. */
  readonly to?: string;
  readonly dryRun?: boolean;
};

export type RollbackResult = {
  readonly name: string;
  readonly from: string;
  readonly version: string;
  readonly digest: string;
  readonly url: string;
  readonly plan: readonly PlanStep[];
  readonly dryRun: boolean;
};

/** Errors: NOT_DEPLOYED, NO_PREVIOUS_VERSION, VERSION_UNKNOWN, DEPLOY_FAILED. */
export async function rollback(options: RollbackOptions, context: Context): Promise<RollbackResult> {
  const { store, target, settings } = await deployment(options, context);
  const running = await target.status(store, context);
  if (!running) throw errors.NOT_DEPLOYED(store.name);
  const to = options.to ?? previousVersion(await readHistory(store), running.version);
  if (to === undefined) throw errors.NO_PREVIOUS_VERSION(store.name);
  const version = await getVersion(store, to);
  const request = { store, version, host: settings.host, port: undefined };
  const plan = await target.plan(request, context);
  const shared = { name: store.name, from: running.version, version: to, digest: version.digest, plan };
  if (options.dryRun) return { ...shared, url: running.url, dryRun: true };
  const deployed = await recorded('rollback', request, target, running, context);
  return { ...shared, url: deployed.url, dryRun: false };
}

export type StopResult = { readonly name: string; readonly stopped: boolean };

/** Stops the deployment after its requests are answered; not running is fine. Errors: NOT_DEPLOYED for a name beside others. */
export async function stop(
  options: Pick<RollbackOptions, 'name' | 'config'>,
  context: Context,
): Promise<StopResult> {
  const { store, target } = await deployment(options, context);
  const running = await target.status(store, context);
  const stopped = await target.stop(store, context);
  if (stopped) {
    const by = context.env.USER ?? context.env.USERNAME ?? '';
    const event = { version: null, digest: null, from: running?.version ?? null, target: target.name, by };
    await appendHistory(store, { time: new Date().toISOString(), action: 'stop', ...event });
  }
  return { name: store.name, stopped };
}

async function deployment(options: Pick<RollbackOptions, 'name' | 'config'>, context: Context) {
  const { project, folder } = await findProject(options, context);
  const { name } = options;
  if (name === undefined && !project) {
    throw errors.USAGE(
      'no deployment was named, and there is no mlctl.yaml in this folder',
      'mlctl status lists them',
    );
  }
  const resolved = resolveDeployment(name === undefined ? {} : { name }, project, context, folder);
  if (name !== undefined) refuseUnknown(name, await listNames(resolved.store));
  return resolved;
}
