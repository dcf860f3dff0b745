// The first half of a conversion: everything that needs the graph in memory. What it returns holds no weights.

import { tmpdir } from 'node:os';
import { basename, resolve } from 'node:path';
import type { Context } from '../../context.ts';
import { errors } from '../../errors.ts';
import type { Format, Holding, ReadOptions } from '../../formats/definition.ts';
import type { Model } from '../../graph/model.ts';
import { inferTypes } from '../../ops/infer.ts';
import type { Precision } from '../../passes/quantize/definition.ts';
import type { PassReport } from '../../passes/run.ts';
import { type StagedArtifact, stageArtifact } from '../artifact.ts';
import type { ConvertOptions } from '../convert.ts';
import { optimize } from '../optimize.ts';
import { measureCosts } from './costs.ts';
import { countNodes, countTransposes, reportTransposes, type Transposes } from './count.ts';
import { type Gathered, gatherEvidence } from './evidence.ts';
import { applyInterface, type Interface, upTo } from './interface.ts';
import { collectGarbage, LARGE_BYTES, weightBytes } from './memory.ts';
import { type OwnNumbers, ownNumbers } from './own-numbers.ts';
import { type PrecisionSummary, reducePrecision } from './precision.ts';
import type { Target } from './targets.ts';
import { type Reference, runReference } from './verify.ts';
import { checkWeights } from './weights.ts';

export type Source = {
  readonly format: Format;
  /** Absolute. */
  readonly path: string;
  readonly reading: ReadOptions;
  readonly shown: string;
};

export type Prepared = {
  /** In the order of the targets; each has to be placed or discarded. */
  readonly staged: readonly StagedTarget[];
  readonly passes: readonly PassReport[];
  readonly operators: { readonly before: number; readonly after: number };
  readonly transposes: Transposes;
  /** Of the model as read. */
  readonly weightBytes: number;
};

export type StagedTarget = {
  readonly target: Target;
  readonly artifact: StagedArtifact;
  /** undefined: the writer does not say. */
  readonly holds: Holding | undefined;
  /** What it is compared with; undefined: not at all. */
  readonly reference: Reference | undefined;
  /** undefined: its numbers are those of the model. */
  readonly precision: PrecisionSummary | undefined;
  /** What the model itself computes in. */
  readonly own: OwnNumbers;
};

/**
 * Reads, gives the model the inputs and outputs wanted, asks it for its answers, rewrites the graph, and writes every
 * target beside its place.
 */
export async function prepare(
  source: Source,
  targets: readonly Target[],
  wanted: Interface,
  options: ConvertOptions,
  context: Context,
): Promise<Prepared> {
  const reading = context.progress.step(`Reading ${source.shown}`, 'bytes');
  const onBytes = (done: number, total: number) => reading.update(done, total);
  const model = await source.format.read(source.path, context, {
    ...source.reading,
    ...upTo(wanted),
    onBytes,
  });
  reading.end();
  const bytes = weightBytes(model);
  // The file's own bytes, where the reader copied out of them.
  if (bytes > LARGE_BYTES) collectGarbage();
  checkWeights(model, context);
  await applyInterface(model, wanted);
  const evidence = await gatherAll(model, targets, options, context);
  const before = { nodes: countNodes(model), transposes: countTransposes(model) };
  const rewriting = context.progress.step('Rewriting the graph');
  const passes = await optimize(model, context, options.optimize === false ? 'guard' : 'optimize');
  rewriting.end();
  const { inside, atBoundary } = before.transposes;
  return {
    staged: await stageAll(model, targets, evidence, options, context),
    passes,
    operators: { before: before.nodes, after: countNodes(model) },
    transposes: reportTransposes(inside + atBoundary, countTransposes(model)),
    weightBytes: bytes,
  };
}

async function answers(model: Model, options: ConvertOptions, context: Context): Promise<Reference> {
  const step = context.progress.step('Running the model as read');
  const settings = { seed: options.seed ?? 0, samples: Math.max(1, options.samples ?? 16) };
  const reference = await runReference(model, settings, context);
  step.end();
  return reference;
}

/** By target, what it is judged by; asked of the model as read. Targets share what they can. */
async function gatherAll(
  model: Model,
  targets: readonly Target[],
  options: ConvertOptions,
  context: Context,
): Promise<Map<Target, Gathered>> {
  let asking: Promise<Reference> | undefined;
  const seeded = (): Promise<Reference> => {
    asking ??= answers(model, options, context);
    return asking;
  };
  const evidence = new Map<Target, Gathered>();
  for (const target of targets) {
    const { reduction, verify } = target;
    if (reduction) evidence.set(target, await gatherEvidence(model, reduction, seeded, context));
    else if (verify) evidence.set(target, { reference: await seeded(), feeds: [] });
  }
  return evidence;
}

async function stageAll(
  model: Model,
  targets: readonly Target[],
  evidence: ReadonlyMap<Target, Gathered>,
  options: ConvertOptions,
  context: Context,
): Promise<StagedTarget[]> {
  const staged: StagedTarget[] = [];
  inferTypes(model);
  const own = ownNumbers(model);
  try {
    for (const target of targets) {
      const found = evidence.get(target);
      const reduced = found && (await reduce(model, target, found, options, context));
      const { artifact, holds } = await stage(reduced?.model ?? model, target, options, context);
      const reference = target.verify ? found?.reference : undefined;
      staged.push({ target, artifact, holds, reference, precision: reduced?.summary, own });
    }
    return staged;
  } catch (cause) {
    for (const { artifact } of staged) await artifact.discard();
    throw cause;
  }
}

async function reduce(
  model: Model,
  { reduction, format, verify }: Target,
  evidence: Gathered,
  { tolerance }: ConvertOptions,
  context: Context,
): Promise<{ readonly model: Model; readonly summary: PrecisionSummary } | undefined> {
  if (!reduction) return undefined;
  const { precision, method } = reduction;
  const limit = tolerance ?? precision.tolerance;
  const numbers = format.numbers ?? {};
  const { holdsCodes }: Precision = precision;
  const spelled = (holdsCodes && (await format.spellOut?.(model))) || model;
  const {
    model: reduced,
    report,
    without,
  } = await reducePrecision(spelled, reduction, limit, numbers, evidence, context);
  const { calibrated } = evidence;
  const calibration = calibrated
    ? { data: calibrated.shown, digest: calibrated.digest, rows: calibrated.rows, method: method.name }
    : null;
  const { changed, kept, units = changed.map((name) => [name]) } = report;
  const isMeasured = without !== undefined && verify;
  const costs =
    isMeasured && (await measureCosts(spelled, units, without, evidence.reference.feeds, context));
  const summary = { dtype: precision.name, nodes: changed.length, kept, costs: costs || null, calibration };
  return { model: reduced, summary };
}

async function stage(
  model: Model,
  target: Target,
  { dryRun }: ConvertOptions,
  context: Context,
): Promise<Pick<StagedTarget, 'artifact' | 'holds'>> {
  const isStream = target.path === undefined;
  const step = context.progress.step(`Writing ${isStream ? target.format.title : target.shown}`, 'bytes');
  const path = target.path ?? resolve(tmpdir(), `model${target.format.extensions[0] ?? ''}`);
  const { evaluateGraph: evaluate } = await import('../../runtimes/onnxruntime.ts');
  const writing = { ...target.writing, fileName: basename(path), evaluate };
  const files = await target.format.write(model, writing, context);
  if (isStream && files.length > 1) {
    throw errors.USAGE(
      `the model takes ${files.length} files, standard output is one`,
      'name a file with --output',
    );
  }
  // A dry run leaves the target's folder alone, even for a moment.
  const elsewhere = isStream || dryRun ? { folder: tmpdir() } : {};
  const { shown } = target;
  const onBytes = (done: number, total: number) => step.update(done, total);
  const artifact = await stageArtifact(path, files, { shown, onBytes, signal: context.signal, ...elsewhere });
  step.end();
  return { artifact, holds: files[0]?.holds };
}
