// Reads a model, rewrites its graph, writes it in other formats, and checks that the files compute what the model did.

import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, resolve } from 'node:path';
import type { Context } from '../context.ts';
import { errors } from '../errors.ts';
import type { Format } from '../formats/definition.ts';
import type { Model } from '../graph/model.ts';
import { openProject } from '../manifest/project.ts';
import type { PassReport } from '../passes/run.ts';
import { checkTarget, isSameFile, type StagedArtifact, stageArtifact } from './artifact.ts';
import { countNodes, countTransposes, reportTransposes, type Transposes } from './convert/count.ts';
import type { Divergence } from './convert/divergence.ts';
import { resolveTargets, type Target } from './convert/targets.ts';
import { type Reference, runReference, verifyFile } from './convert/verify.ts';
import { checkWeights } from './convert/weights.ts';
import { modelPath } from './inspect.ts';
import { digestOf, recognize } from './locate.ts';
import { DEFAULT_TOLERANCE, type Parity } from './parity.ts';

export type ConvertOptions = {
  /** The manifest's when absent. */
  readonly model?: string;
  /** Format names; the manifest's `convert` list when absent, or what the extension of `output` says. */
  readonly to?: readonly string[];
  /** A file, a folder to write into, or `-` for standard output. */
  readonly output?: string;
  readonly from?: string;
  readonly config?: string;
  readonly verify?: boolean;
  /** False: write the graph as it was read. */
  readonly optimize?: boolean;
  readonly force?: boolean;
  readonly seed?: number;
  /** Largest accepted difference relative to the scale of an output. */
  readonly tolerance?: number;
  /** Rows to compare on. */
  readonly samples?: number;
  /** Do everything except writing. */
  readonly dryRun?: boolean;
};

export type ArtifactReport = {
  /** As the user would write it; `-` for standard output. */
  readonly path: string;
  readonly format: string;
  /** All files together. */
  readonly bytes: number;
  /** Of the file at `path`, hex. */
  readonly sha256: string;
  /** `same`: what was there already has the same content. `rejected`: out of tolerance, not written. */
  readonly state: 'written' | 'same' | 'rejected' | 'planned';
  readonly companions: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
  readonly operators: { readonly before: number; readonly after: number };
  readonly transposes: Transposes;
  /** null: not checked. */
  readonly parity: (Parity & { readonly firstDivergence?: Divergence }) | null;
};

export type ConvertResult = {
  readonly model: string;
  readonly format: string;
  /** sha256 of the source, hex. */
  readonly digest: string;
  readonly sourceBytes: number;
  readonly passes: readonly PassReport[];
  readonly artifacts: readonly ArtifactReport[];
  /** False when an artifact was rejected. */
  readonly passed: boolean;
};

export type Converted = {
  readonly result: ConvertResult;
  /** The artifact's bytes, when it goes to standard output. */
  readonly output: readonly Uint8Array[] | undefined;
};

/**
 * Errors: USAGE, MODEL_NOT_GIVEN, those of the format's reader, OUTPUT_IS_INPUT, FILE_EXISTS, FILE_UNWRITABLE,
 * OP_UNSUPPORTED from the writer, PARITY_UNCHECKED. After any of them, and after an interrupt, nothing is left behind.
 *
 * @example
 * const { result } = await convert({ model: 'iris.h5', to: ['onnx'] }, quietContext());
 */
export async function convert(options: ConvertOptions, context: Context): Promise<Converted> {
  const wantsManifest = options.config !== undefined || options.model === undefined || !options.to?.length;
  const project = wantsManifest ? await openProject(options.config, context) : undefined;
  const path = await modelPath(options, context);
  const source = await recognize(path, options.from, context);
  const targets = await resolveTargets(options, path, project, context);
  const absolute = resolve(context.cwd, path);
  for (const target of targets) await checkPlace(target, absolute);

  const reading = context.progress.step(`Reading ${path}`);
  const model = await source.read(absolute, context);
  reading.end();
  checkWeights(model, context);
  const reference = targets.some(({ verify }) => verify)
    ? await makeReference(model, options, context)
    : undefined;
  const before = { nodes: countNodes(model), transposes: countTransposes(model) };
  const passes = await rewrite(model, options.optimize === false ? 'guard' : 'optimize', context);

  const job: Job = { options, context, model, source, absolute, reference, before };
  const written: { report: ArtifactReport; output: readonly Uint8Array[] | undefined }[] = [];
  for (const target of targets) written.push(await writeTarget(target, job));
  const artifacts = written.map(({ report }) => report);
  return {
    result: {
      model: path,
      format: source.name,
      digest: await digestOf(absolute),
      sourceBytes: (await stat(absolute)).size,
      passes,
      artifacts,
      passed: artifacts.every(({ state }) => state !== 'rejected'),
    },
    output: written.find(({ output }) => output)?.output,
  };
}

type Job = {
  readonly options: ConvertOptions;
  readonly context: Context;
  readonly model: Model;
  readonly source: Format;
  readonly absolute: string;
  readonly reference: Reference | undefined;
  readonly before: { readonly nodes: number; readonly transposes: { inside: number; atBoundary: number } };
};

async function checkPlace({ path, shown }: Target, model: string): Promise<void> {
  if (path === undefined) return;
  if (path === model || (await isSameFile(path, model))) throw errors.OUTPUT_IS_INPUT(shown);
  await checkTarget(path, shown);
}

async function makeReference(model: Model, options: ConvertOptions, context: Context): Promise<Reference> {
  const step = context.progress.step('Running the model as read');
  const reference = await runReference(
    model,
    { seed: options.seed ?? 0, samples: Math.max(1, options.samples ?? 16) },
    context,
  );
  step.end();
  return reference;
}

async function rewrite(
  model: Model,
  pipeline: 'guard' | 'optimize',
  context: Context,
): Promise<readonly PassReport[]> {
  const step = context.progress.step('Rewriting the graph');
  const [{ runPasses }, { pipelines }, { evaluateGraph }] = await Promise.all([
    import('../passes/run.ts'),
    import('../passes/pipelines.ts'),
    import('../runtimes/onnxruntime.ts'),
  ]);
  const reports = await runPasses(model, pipelines[pipeline], { context, evaluate: evaluateGraph });
  step.end();
  return reports;
}

async function writeTarget(
  target: Target,
  job: Job,
): Promise<{ report: ArtifactReport; output: readonly Uint8Array[] | undefined }> {
  const { options, context, model } = job;
  const step = context.progress.step(`Writing ${target.shown === '-' ? target.format.title : target.shown}`);
  const path = target.path ?? resolve(tmpdir(), `model${target.format.extensions[0] ?? ''}`);
  const files = await target.format.write(model, { fileName: basename(path) }, context);
  const isStream = target.path === undefined;
  if (isStream && files.length > 1) {
    throw errors.USAGE(
      `the model takes ${files.length} files, standard output is one`,
      'name a file with --output',
    );
  }
  // A dry run leaves the target's folder alone, even for a moment.
  const elsewhere = isStream || options.dryRun ? { folder: tmpdir() } : {};
  const staged = await stageArtifact(path, files, {
    shown: target.shown,
    signal: context.signal,
    ...elsewhere,
  });
  try {
    step.end();
    const parity = target.verify && job.reference ? await check(target, staged, job, job.reference) : null;
    context.signal.throwIfAborted();
    const state = await settle(staged, parity, isStream, options);
    const after = countTransposes(model);
    const { transposes } = job.before;
    const report: ArtifactReport = {
      path: target.shown,
      format: target.format.name,
      bytes: staged.bytes,
      sha256: staged.sha256,
      state,
      companions: staged.companions,
      operators: { before: job.before.nodes, after: countNodes(model) },
      transposes: reportTransposes(transposes.inside + transposes.atBoundary, after),
      parity,
    };
    const isOutput = isStream && state === 'written';
    return { report, output: isOutput ? (files[0]?.chunks ?? []) : undefined };
  } finally {
    await staged.discard();
  }
}

async function settle(
  staged: StagedArtifact,
  parity: Parity | null,
  isStream: boolean,
  { dryRun, force }: ConvertOptions,
): Promise<ArtifactReport['state']> {
  if (parity && !parity.passed) return 'rejected';
  if (dryRun) return 'planned';
  return isStream ? 'written' : staged.place({ force: force ?? false });
}

/** Compares, and when the answer is no, looks for where it went wrong. */
async function check(
  target: Target,
  staged: StagedArtifact,
  job: Job,
  reference: Reference,
): Promise<ArtifactReport['parity']> {
  const { context } = job;
  const step = context.progress.step(`Comparing on ${reference.samples} samples`);
  const tolerance = job.options.tolerance ?? DEFAULT_TOLERANCE;
  const parity = await verifyFile(target.format.name, staged.stagedPath, reference, tolerance, context);
  step.end();
  const [feeds] = reference.feeds;
  if (parity.passed || !feeds) return parity;
  const { firstDivergence } = await import('./convert/divergence.ts');
  // Read again: the graph in memory is the rewritten one.
  const [before, after] = [
    await job.source.read(job.absolute, context),
    await target.format.read(staged.stagedPath, context),
  ];
  const found = await firstDivergence(before, after, feeds, tolerance).catch(() => undefined);
  return found ? { ...parity, firstDivergence: found } : parity;
}
