// What is deployed: running version, where, since when, the versions there are, what happened last.

import { dirname, join, resolve } from 'node:path';
import type { Context } from '../context.ts';
import { errors, MlctlError } from '../errors.ts';
import { openProject, type Project } from '../manifest/project.ts';
import { didYouMean } from '../nearest.ts';
import { type HistoryEvent, readHistory } from '../store/history.ts';
import type { Store } from '../store/layout.ts';
import { listNames, listVersions } from '../store/versions.ts';
import type { Deployed } from '../targets/definition.ts';
import { targets } from '../targets/index.ts';

export type StatusOptions = { readonly name?: string; readonly config?: string };

export type DeploymentStatus = {
  readonly name: string;
  readonly running: (Deployed & { readonly target: string }) | null;
  readonly versions: readonly {
    readonly version: string;
    readonly digest: string;
    readonly created: string;
    readonly source: string;
  }[];
  /** Newest last. */
  readonly history: readonly HistoryEvent[];
};

export type StatusResult = { readonly deployments: readonly DeploymentStatus[] };

/** Every deployment of the project, or the one named. None is an answer, not an error. Errors: NOT_DEPLOYED beside others. */
export async function status(options: StatusOptions, context: Context): Promise<StatusResult> {
  const { folder } = await findProject(options, context);
  const root = join(folder, '.mlctl');
  const known = await listNames({ root });
  const { name } = options;
  if (name !== undefined) refuseUnknown(name, known);
  const names = name === undefined ? known : known.filter((other) => other === name);
  return { deployments: await Promise.all(names.map((name) => describe({ root, name }, context))) };
}

/**
 * The manifest, and the folder deployments are kept in. What is named is found whatever state the manifest is in: a
 * running server has to be stopped even then. Errors: FILE_NOT_FOUND, MANIFEST_INVALID without a name.
 */
export async function findProject(
  { name, config }: StatusOptions,
  context: Context,
): Promise<{ readonly project: Project | undefined; readonly folder: string }> {
  const folder = config === undefined ? resolve(context.cwd) : dirname(resolve(context.cwd, config));
  try {
    const project = await openProject(config, context);
    return { project, folder: project?.folder ?? folder };
  } catch (cause) {
    const isBroken = cause instanceof MlctlError && cause.code === 'MANIFEST_INVALID';
    if (name === undefined || !isBroken) throw cause;
    context.diagnose({
      code: cause.code,
      severity: 'warning',
      message: `${cause.message} and is left aside: ${name} is looked for in this folder`,
      hint: 'mlctl doctor lists them',
    });
    return { project: undefined, folder };
  }
}

/** A mistyped name beside deployments that do exist. Errors: NOT_DEPLOYED. */
export function refuseUnknown(name: string, known: readonly string[]): void {
  if (known.length > 0 && !known.includes(name)) throw errors.NOT_DEPLOYED(name, didYouMean(name, known));
}

async function describe(store: Store, context: Context): Promise<DeploymentStatus> {
  const [versions, history] = await Promise.all([listVersions(store), readHistory(store)]);
  let running: DeploymentStatus['running'] = null;
  for (const target of targets) {
    const deployed = await target.status(store, context);
    if (deployed) running = { ...deployed, target: target.name };
  }
  return {
    name: store.name,
    running,
    versions: versions.map(({ version, digest, created, source }) => ({
      version,
      digest,
      created,
      source: source.path,
    })),
    history: history.slice(-20),
  };
}
