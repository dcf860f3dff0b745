// What to watch and against what: flags over environment over manifest over defaults.

import { basename, extname } from 'node:path';
import type { Context } from '../../context.ts';
import { errors } from '../../errors.ts';
import type { Signature } from '../../graph/signature.ts';
import { type ModelParts, openProject, partsOf, projectPath, shortPath } from '../../manifest/project.ts';
import { didYouMean } from '../../nearest.ts';
import type { AlertRule } from './alerts.ts';
import { defaultAlerts } from './alerts.ts';

export type MonitorOptions = {
  readonly config?: string;
  readonly model?: string;
  /** Folder of the prediction log. */
  readonly log?: string;
  /** Data file that shows what the inputs should look like. */
  readonly reference?: string;
  /** Start and end of what is read: a time, or a duration before now such as `1h`. */
  readonly since?: string;
  readonly until?: string;
  /** Duration at the end of it that is judged; what is earlier serves as reference where there is no data file. */
  readonly window?: string;
  /** `auto` or a registered drift test. */
  readonly method?: string;
  readonly threshold?: number;
  readonly minRows?: number;
};

export type Settings = {
  /** Name in the log; undefined takes the first one found. */
  readonly name: string | undefined;
  readonly model: string | undefined;
  readonly parts: ModelParts;
  readonly log: string;
  readonly reference: string | undefined;
  readonly target: string | undefined;
  readonly signature: Signature;
  readonly since: number | undefined;
  readonly until: number | undefined;
  readonly windowMs: number | undefined;
  readonly method: string;
  readonly threshold: number | undefined;
  readonly minRows: number | undefined;
  readonly alerts: readonly AlertRule[];
};

/** Errors: USAGE, MODEL_NOT_GIVEN when neither a log nor a name is known, and the manifest's. */
export async function resolveSettings(
  options: MonitorOptions,
  context: Context,
  now: number,
): Promise<Settings> {
  const project = await openProject(options.config, context);
  const manifest = project?.manifest;
  const inProject = (path: string | undefined) =>
    path === undefined || !project ? undefined : shortPath(projectPath(project, path), context);
  const isManifestModel = options.model === undefined || options.model === manifest?.model;
  const name = isManifestModel ? manifest?.name : basename(options.model ?? '', extname(options.model ?? ''));
  const folder = name === undefined ? undefined : `.mlctl/logs/${name}`;
  const log =
    options.log ??
    inProject(manifest?.monitor?.log ?? manifest?.serve?.log?.folder) ??
    inProject(folder) ??
    folder;
  if (log === undefined) throw errors.MODEL_NOT_GIVEN();
  const model = options.model ?? inProject(manifest?.model);
  const method = options.method ?? manifest?.monitor?.drift?.method ?? 'auto';
  await checkMethod(method);
  return {
    name,
    model,
    parts: model === undefined ? {} : partsOf({}, project, model, context),
    log,
    reference: options.reference ?? inProject(manifest?.monitor?.reference),
    target: manifest?.evaluate?.target,
    signature: signatureOf(manifest?.signature),
    since: time(options.since, '--since', now),
    until: time(options.until, '--until', now),
    windowMs: options.window === undefined ? undefined : duration(options.window, '--window'),
    method,
    threshold: options.threshold ?? manifest?.monitor?.drift?.threshold,
    minRows: options.minRows ?? manifest?.monitor?.drift?.minRows,
    alerts: manifest?.monitor?.alerts?.map(asRule) ?? defaultAlerts,
  };
}

function signatureOf(manifest: { inputs?: unknown; outputs?: unknown } | undefined): Signature {
  const { inputs = {}, outputs = {} } = manifest ?? {};
  return { inputs, outputs } as Signature;
}

function asRule(rule: { when: AlertRule['when']; above?: number | undefined }): AlertRule {
  return rule.above === undefined ? { when: rule.when } : { when: rule.when, above: rule.above };
}

async function checkMethod(method: string): Promise<void> {
  const { drift } = await import('../../drift/index.ts');
  const known = ['auto', ...drift.map((test) => test.name)];
  if (known.includes(method)) return;
  throw errors.USAGE(`${method} is not a drift test`, didYouMean(method, known));
}

const units: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** `90s`, `15m`, `1h`, `7d`, `2w` in ms. Errors: USAGE. */
export function duration(text: string, flag: string): number {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)([smhdw])$/.exec(text.trim()) ?? [];
  const ms = Number(amount) * (units[unit] ?? 0);
  if (ms > 0) return ms;
  throw errors.USAGE(`${flag} takes a duration such as 30m, 1h or 7d, got ${JSON.stringify(text)}`);
}

/** A duration before now, or a time as ISO 8601. Errors: USAGE. */
export function time(text: string | undefined, flag: string, now: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+(?:\.\d+)?[smhdw]$/.test(text.trim())) return now - duration(text, flag);
  const parsed = /^\d{4}-\d\d/.test(text.trim()) ? Date.parse(text.trim()) : Number.NaN;
  if (!Number.isNaN(parsed)) return parsed;
  throw errors.USAGE(
    `${flag} takes a duration before now such as 1h, or a time such as 2025-06-01T14:00Z, got ${JSON.stringify(text)}`,
  );
}
