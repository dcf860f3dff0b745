// Explains an old or damaged model file, or, without one, what of the installation works here.

import { readdir } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import type { Context } from '../context.ts';
import type { Diagnostic } from '../diagnostics.ts';
import { errors, MlctlError } from '../errors.ts';
import type { Format } from '../formats/definition.ts';
import { formats } from '../formats/index.ts';
import { didYouMean } from '../nearest.ts';
import { checks } from './doctor/checks/index.ts';
import type { Check, Finding, Subject } from './doctor/definition.ts';
import { probeFile } from './locate.ts';

export type DoctorOptions = {
  /** A model file; the installation is examined when absent. */
  readonly model?: string;
  readonly from?: string;
  readonly weights?: string;
  readonly config?: string;
  readonly nodeVersion: string;
};

export type DoctorResult = {
  /** null: the installation was examined. */
  readonly model: string | null;
  /** Registered name; null when the content is of no format mlctl reads. */
  readonly format: string | null;
  readonly findings: readonly (Omit<Finding, 'remediation'> & {
    readonly check: string;
    readonly remediation: string | null;
  })[];
  readonly problems: number;
  readonly warnings: number;
};

const stages = ['identity', 'file', 'content', 'graph'] as const;

/** Whatever is wrong with the file is a finding. Errors: USAGE, FILE_NOT_FOUND, FILE_UNREADABLE. */
export async function doctor(options: DoctorOptions, context: Context): Promise<DoctorResult> {
  const found: { check: string; finding: Finding }[] = [];
  const ask = async (wanted: readonly Check[], run: (check: Check) => Promise<readonly Finding[]>) => {
    for (const check of wanted) {
      context.signal.throwIfAborted();
      for (const finding of await run(check)) found.push({ check: check.name, finding });
    }
  };
  const subject =
    options.model === undefined ? undefined : await openSubject(options.model, options, context);
  if (subject) {
    const step = context.progress.step(`Examining ${subject.shown}`);
    for (const stage of stages) {
      await ask(
        checks.filter((check) => check.stage === stage),
        (check) => examine(check, subject, context),
      );
      // A file of no format may be one that was cut off.
      if (stage !== 'identity' && found.some(({ finding }) => finding.severity === 'problem')) break;
    }
    step.end();
  } else {
    const installation = { nodeVersion: options.nodeVersion, config: options.config };
    await ask(checks, async (check) =>
      check.stage === 'installation' ? check.run(installation, context) : [],
    );
  }
  // Paths as people would type them: the work is done with absolute ones.
  const short = (text: string) => text.replaceAll(`${resolve(context.cwd)}${sep}`, '');
  const count = (severity: Finding['severity']) =>
    found.filter(({ finding }) => finding.severity === severity).length;
  return {
    model: options.model ?? null,
    format: subject?.format?.name ?? null,
    findings: found.map(({ check, finding }) => ({
      check,
      ...finding,
      message: short(finding.message),
      remediation: finding.remediation === undefined ? null : short(finding.remediation),
    })),
    problems: count('problem'),
    warnings: count('warning'),
  };
}

/** What a check stumbles over is wrong with the file. */
async function examine(check: Check, subject: Subject, context: Context): Promise<readonly Finding[]> {
  if (check.stage === 'installation') return [];
  try {
    return await check.run(subject, context);
  } catch (cause) {
    if (!(cause instanceof MlctlError) || context.signal.aborted) throw cause;
    const remediation = cause.hint ?? 'copy or export the file again';
    return [{ severity: 'problem', message: cause.message, remediation }];
  }
}

async function openSubject(shown: string, options: DoctorOptions, context: Context): Promise<Subject> {
  if (shown === '-')
    throw errors.USAGE('a model is read from a file, not from standard input', 'save it first');
  const path = resolve(context.cwd, shown);
  const probe = await probeFile(path, shown);
  const names = probe.isFolder ? await readdir(path).catch(() => []) : [];
  const format = formatOf(probe, options.from);
  const weights = options.weights === undefined ? undefined : resolve(context.cwd, options.weights);
  if (weights !== undefined) await probeFile(weights, options.weights ?? '');
  const reading = weights === undefined ? {} : { weights };
  const notes: Diagnostic[] = [];
  const listening: Context = { ...context, diagnose: (note) => notes.push(note) };
  return {
    shown,
    path,
    start: { ...probe, names },
    format,
    reading,
    describe: once(() => attempt(async () => format?.describe(path, listening, reading))),
    read: once(() =>
      attempt(async () => format && { model: await format.read(path, listening, reading), notes }),
    ),
  };
}

function formatOf(probe: Subject['start'], from: string | undefined): Format | undefined {
  const known: readonly Format[] = formats;
  if (from === undefined) return known.find((format) => format.match(probe));
  const said = known.find(({ name }) => name === from);
  if (said) return said;
  const names = known.map(({ name }) => name);
  throw errors.USAGE(`${from} is not a format`, didYouMean(from, names));
}

/** An error of ours is an answer; anything else is a bug. */
async function attempt<T>(work: () => Promise<T>): Promise<T | MlctlError> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof MlctlError) return cause;
    throw cause;
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
