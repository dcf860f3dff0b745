// Puts a model version into service: store it, plan, apply, write history.

import { readFile } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import type { Context } from '../context.ts';
import { errors } from '../errors.ts';
import { emptySignature, type Signature } from '../graph/signature.ts';
import { checkName, nameOf } from '../manifest/name.ts';
import { type ModelParts, openProject, type Project, partsOf } from '../manifest/project.ts';
import { didYouMean } from '../nearest.ts';
import { appendHistory } from '../store/history.ts';
import type { Store } from '../store/layout.ts';
import { addVersion, listVersions, type NewVersion, pruneVersions, type Version } from '../store/versions.ts';
import type { Deployed, PlanStep, Target } from '../targets/definition.ts';
import { targets } from '../targets/index.ts';
import { modelPath } from './inspect.ts';
import { recognize } from './locate.ts';
import { openModel } from './open.ts';

export type DeployOptions = ModelParts & {
  readonly model?: string;
  readonly config?: string;
  readonly name?: string;
  readonly target?: string;
  readonly host?: string;
  readonly port?: number;
  readonly keep?: number;
  readonly dryRun?: boolean;
  /** Called with the steps before the first of them is taken. */
  readonly onPlan?: (plan: readonly PlanStep[]) => void;
};

export type DeployResult = {
  readonly name: string;
  readonly target: string;
  /** sha256 of the artifact that is served, hex. */
  readonly digest: string;
  /** Null in a dry run that would add one. */
  readonly version: string | null;
  readonly previous: string | null;
  readonly url: string | null;
  readonly plan: readonly PlanStep[];
  readonly dryRun: boolean;
  /** The same artifact with the same settings answers already. */
  readonly upToDate: boolean;
  readonly pruned: readonly string[];
};

/** Errors: MODEL_NOT_GIVEN, those of reading the model, DEPLOY_FAILED, PORT_IN_USE, DEPLOYED_ELSEWHERE. */
export async function deploy(options: DeployOptions, context: Context): Promise<DeployResult> {
  const project = await openProject(options.config, context);
  const model = await modelPath(options, context);
  const parts = partsOf(options, project, model, context);
  const { store, target, settings } = resolveDeployment({ ...options, model }, project, context);

  const reading = context.progress.step(`Preparing ${basename(model)}`);
  const artifact = await prepare(model, parts, project, context).finally(() => reading.end());
  const known = (await listVersions(store)).filter((version) => isSame(version, artifact)).at(-1);
  const request = { store, version: known, host: settings.host, port: settings.port };
  const running = await target.status(store, context);
  await target.check(request, context);
  const steps = await target.plan(request, context);
  const add: PlanStep = { action: 'add', detail: `store ${basename(model)} as a new version` };
  const plan = known ? steps : [add, ...steps];
  const shared = {
    name: store.name,
    target: target.name,
    digest: artifact.digest,
    previous: running?.version ?? null,
    plan,
    dryRun: options.dryRun === true,
    upToDate: known !== undefined && running?.version === known.version,
  };
  options.onPlan?.(plan);
  if (options.dryRun)
    return { ...shared, version: known?.version ?? null, url: running?.url ?? null, pruned: [] };

  const version = known ?? (await addVersion(store, artifact));
  if (shared.upToDate && running)
    return { ...shared, version: version.version, url: running.url, pruned: [] };
  const deployed = await recorded('deploy', { ...request, version }, target, running, context);
  const needed = new Set([version.version, running?.version ?? '']);
  const pruned = await pruneVersions(store, settings.keep, needed);
  return { ...shared, version: version.version, url: deployed.url, pruned };
}

/** Applies the request and writes what came of it into the history. */
export async function recorded(
  action: 'deploy' | 'rollback',
  request: Parameters<Target['apply']>[0] & { readonly version: Version },
  target: Target,
  running: Deployed | undefined,
  context: Context,
): Promise<Deployed> {
  const { store, version } = request;
  const event = {
    from: running?.version ?? null,
    target: target.name,
    by: context.env.USER ?? context.env.USERNAME ?? '',
  };
  const time = () => new Date().toISOString();
  const step = context.progress.step(`Starting version ${version.version} of ${store.name}`);
  try {
    const deployed = await target.apply(request, context);
    await appendHistory(store, {
      time: time(),
      action,
      version: version.version,
      digest: version.digest,
      ...event,
    });
    return deployed;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const still = { version: running?.version ?? null, digest: running?.digest ?? null };
    await appendHistory(store, { time: time(), action: 'failed', ...still, ...event, reason });
    throw error;
  } finally {
    step.end();
  }
}

/** Store, target and settings: flag, then manifest, then default. */
export function resolveDeployment(
  options: Omit<DeployOptions, 'dryRun' | 'onPlan'>,
  project: Project | undefined,
  context: Context,
  folder = project?.folder ?? resolve(context.cwd),
): { store: Store; target: Target; settings: { host: string; port: number | undefined; keep: number } } {
  const configured = project?.manifest.deploy;
  const word = options.target ?? configured?.target ?? 'local';
  const target = targets.find(({ name }) => name === word);
  if (!target)
    throw errors.USAGE(
      `${word} is not a deploy target`,
      didYouMean(
        word,
        targets.map(({ name }) => name),
      ),
    );
  const name =
    options.name ??
    project?.manifest.name ??
    (options.model === undefined ? undefined : nameOf(options.model));
  if (name === undefined) throw errors.MODEL_NOT_GIVEN();
  return {
    store: { root: join(folder, '.mlctl'), name: checkName(name) },
    target,
    settings: {
      host: options.host ?? configured?.host ?? '127.0.0.1',
      port: options.port ?? configured?.port,
      keep: options.keep ?? configured?.keep ?? 10,
    },
  };
}

async function prepare(
  model: string,
  parts: ModelParts,
  project: Project | undefined,
  context: Context,
): Promise<NewVersion & { digest: string }> {
  // Loaded once here, so that what no runtime takes is refused before it is stored.
  const { session, ...located } = await openModel(model, parts, context);
  await session.release();
  const { source } = located;
  const files = [];
  if ('bytes' in source) {
    files.push({ name: `model.${source.format}`, chunks: [source.bytes] });
  } else {
    const format = await recognize(model, undefined, context);
    const companions = (await format.companions?.(source.path, context)) ?? [];
    for (const name of [basename(source.path), ...companions]) {
      files.push({ name, chunks: [await readFile(join(dirname(source.path), name))] });
    }
  }
  // What the artifact was made from goes along where it is two files that belong together.
  const { weights } = parts;
  if (weights !== undefined) {
    for (const [role, path] of [
      ['architecture', model],
      ['weights', weights],
    ] as const) {
      const content = await readFile(resolve(context.cwd, path));
      files.push({ name: `${role}${extname(path)}`, chunks: [content] });
    }
  }
  const { createHash } = await import('node:crypto');
  const digest = createHash('sha256')
    .update(files[0]?.chunks[0] ?? '')
    .digest('hex');
  const { host: _, port: __, ...serve } = project?.manifest.serve ?? {};
  return {
    digest,
    format: source.format,
    files,
    ...(source.quantization === undefined ? {} : { quantization: source.quantization }),
    source: {
      path: model,
      ...parts,
      format: located.format,
      digest: located.digest,
    },
    signature: signatureOf(project),
    serve,
    created: new Date().toISOString(),
  };
}

export function signatureOf(project: Project | undefined): Signature {
  const { inputs = {}, outputs = {} } = project?.manifest.signature ?? {};
  return project?.manifest.signature ? ({ inputs, outputs } as Signature) : emptySignature;
}

/** Same bytes, same meaning, same settings: nothing a new version would change. */
function isSame(version: Version, artifact: NewVersion & { digest: string }): boolean {
  const key = ({ digest, signature, serve, source }: Omit<NewVersion, 'files'> & { digest: string }) =>
    JSON.stringify([digest, source.signature, signature, serve]);
  return key(version) === key(artifact);
}
