// Reads a model, rewrites its graph, writes it in other formats, and checks that the files compute what the model did.

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Context } from '../context.ts';
import { errors } from '../errors.ts';
import { type ModelParts, openProject, partsOf } from '../manifest/project.ts';
import type { PassReport } from '../passes/run.ts';
import { checkTarget, isSameFile } from './artifact.ts';
import { type Checked, check } from './convert/check.ts';
import { reportTransposes, type Transposes } from './convert/count.ts';
import type { Interface } from './convert/interface.ts';
import { collectGarbage, LARGE_BYTES } from './convert/memory.ts';
import { warnOfOwnCodes } from './convert/own-numbers.ts';
import type { PrecisionSummary } from './convert/precision.ts';
import { type Prepared, prepare, type Source, type StagedTarget } from './convert/prepare.ts';
import { resolveTargets, type Target } from './convert/targets.ts';
import { modelPath, sizeOf } from './inspect.ts';
import { digestOfAll, recognize } from './locate.ts';
import { readOptions } from './read-options.ts';

export type ConvertOptions = ModelParts & {
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
  /** Operator set of the file, for formats that have one. */
  readonly opset?: number;
  /** Make what runs leave for the next one inputs and outputs. */
  readonly stateAsIo?: true;
  /** Values, nodes or layers to give instead of the model's outputs; `a,b` is two. */
  readonly outputs?: readonly string[];
  /** Length or symbol of the inputs' open first axis. */
  readonly batch?: number | string;
  /** Inputs to take channels-first; `all` images. */
  readonly inputsAsNchw?: readonly string[];
  /** Inputs to take channels-last; `all` images. */
  readonly inputsAsNhwc?: readonly string[];
  /** `old=new`, of inputs and outputs. */
  readonly rename?: readonly string[];
  /** `float32`, or the smaller numbers to write: `float16`, `int8` … */
  readonly dtype?: string;
  /** Nodes or layers that keep float32. */
  readonly keepFloat32?: readonly string[];
  /** What inputs and outputs of whole-number models hold: `float32`, `int8`, `uint8` or `int16`. */
  readonly ioDtype?: string;
  /** Data file with rows like those the model will see. */
  readonly calibration?: string;
  readonly calibrationMethod?: string;
  /** For the method of that name, in percent. */
  readonly calibrationPercentile?: number;
  /** Most rows of the file. */
  readonly calibrationSamples?: number;
  /** How its rows are fed, as for evaluate. */
  readonly features?: readonly string[];
  readonly scale?: number;
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
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
  /** `opset 18, IR 8`; null where the writer does not say. */
  readonly formatVersion: string | null;
  /** All files together. */
  readonly bytes: number;
  /** Of the file at `path`, hex. */
  readonly sha256: string;
  /** `same`: what was there already has the same content. `rejected`: out of tolerance, not written. */
  readonly state: 'written' | 'same' | 'rejected' | 'planned';
  readonly companions: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
  readonly operators: { readonly before: number; readonly after: number };
  readonly transposes: Transposes;
  /** null: the numbers are those of the model. */
  readonly precision: PrecisionSummary | null;
  /** null: not checked. */
  readonly parity: Checked | null;
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
  const reading = readOptions(source, partsOf(options, project, path, context), context);
  if (!source.keepsState && targets.some((target) => target.interface.stateAsIo)) {
    throw errors.USAGE(
      `--state-as-io is not for ${source.title}, whose models keep nothing from run to run`,
      'leave it out',
    );
  }
  for (const target of targets) await checkPlace(target, [absolute, reading.weights]);

  const from: Source = { format: source, path: absolute, reading, shown: path };
  const parts: Prepared[] = [];
  try {
    for (const [wanted, group] of byInterface(targets)) {
      const prepared = await prepare(from, group, wanted, options, context);
      parts.push(prepared);
      for (const { own, target } of prepared.staged)
        warnOfOwnCodes(own, target.reduction?.precision.name, path, context);
      if (prepared.weightBytes > LARGE_BYTES) collectGarbage();
    }
    const artifacts: ArtifactReport[] = [];
    for (const { prepared, staged } of inOrder(parts, targets)) {
      const { reference } = staged;
      const parity = reference ? await check(staged, from, reference, options.tolerance, context) : null;
      context.signal.throwIfAborted();
      artifacts.push(report(staged, prepared, parity, await settle(staged, parity, options)));
    }
    const result = {
      model: path,
      format: source.name,
      digest: await digestOfAll(absolute, reading.weights),
      sourceBytes: await sizeOf(absolute, reading.weights),
      passes: sumOfPasses(parts),
      artifacts,
      passed: artifacts.every(({ state }) => state !== 'rejected'),
    };
    const isGiven = result.passed && !options.dryRun;
    return { result, output: isGiven ? await streamed(parts.flatMap(({ staged }) => staged)) : undefined };
  } finally {
    for (const { staged } of parts) for (const { artifact } of staged) await artifact.discard();
  }
}

/** Targets with the same inputs and outputs are one piece of work. */
function byInterface(targets: readonly Target[]): [Interface, Target[]][] {
  const groups = new Map<string, [Interface, Target[]]>();
  for (const target of targets) {
    const key = JSON.stringify(target.interface);
    const group = groups.get(key) ?? [target.interface, []];
    group[1].push(target);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function inOrder(
  parts: readonly Prepared[],
  targets: readonly Target[],
): { readonly prepared: Prepared; readonly staged: StagedTarget }[] {
  const all = parts.flatMap((prepared) => prepared.staged.map((staged) => ({ prepared, staged })));
  return all.sort((a, b) => targets.indexOf(a.staged.target) - targets.indexOf(b.staged.target));
}

function sumOfPasses(parts: readonly Prepared[]): PassReport[] {
  const totals = new Map<string, number>();
  for (const { name, modified } of parts.flatMap(({ passes }) => passes)) {
    totals.set(name, (totals.get(name) ?? 0) + modified);
  }
  return [...totals].map(([name, modified]) => ({ name, modified }));
}

async function checkPlace({ path, shown }: Target, sources: readonly (string | undefined)[]): Promise<void> {
  if (path === undefined) return;
  for (const source of sources) {
    if (source === undefined) continue;
    if (path === source || (await isSameFile(path, source))) throw errors.OUTPUT_IS_INPUT(shown);
  }
  await checkTarget(path, shown);
}

async function settle(
  { target, artifact }: StagedTarget,
  parity: Checked | null,
  { dryRun, force }: ConvertOptions,
): Promise<ArtifactReport['state']> {
  if (parity && !parity.passed) return 'rejected';
  if (dryRun) return 'planned';
  return target.path === undefined ? 'written' : artifact.place({ force: force ?? false });
}

function report(
  { target, artifact, holds, precision }: StagedTarget,
  { operators, transposes }: Prepared,
  parity: Checked | null,
  state: ArtifactReport['state'],
): ArtifactReport {
  const { bytes, sha256, companions } = artifact;
  return {
    path: target.shown,
    format: target.format.name,
    formatVersion: holds?.formatVersion ?? null,
    bytes,
    sha256,
    state,
    companions,
    operators: { before: operators.before, after: holds?.operators ?? operators.after },
    transposes: holds?.transposes ? reportTransposes(transposes.inserted, holds.transposes) : transposes,
    precision: precision ?? null,
    parity,
  };
}

/** The bytes of the artifact that goes to standard output, if one does. */
async function streamed(staged: readonly StagedTarget[]): Promise<readonly Uint8Array[] | undefined> {
  const found = staged.find(({ target }) => target.path === undefined);
  return found && [await readFile(found.artifact.stagedPath)];
}
