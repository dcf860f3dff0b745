// Runs a model over data with known answers: figures, confusion matrix, gates.

import type { Context } from '../context.ts';
import { errors } from '../errors.ts';
import { averageNames } from '../metrics/averaged.ts';
import type { AverageName, Task } from '../metrics/definition.ts';
import { findMetric } from '../metrics/find.ts';
import { didYouMean } from '../nearest.ts';
import { namesIn } from './evaluate/columns.ts';
import { type Figures, figuresOf } from './evaluate/figures.ts';
import { judge } from './evaluate/judge.ts';
import { chooseOutput, runRows } from './evaluate/run.ts';
import { type DataOptions, type Settings, settle } from './evaluate/settings.ts';
import { signatureOf } from './evaluate/sources.ts';
import { targetNamesOf } from './evaluate/target.ts';
import { warnOfUnscaledImages } from './evaluate/unscaled-images.ts';
import {
  checkGate,
  type Gate,
  type GateResult,
  manifestGates,
  mergeGates,
  noteUndefined,
  parseGate,
} from './gates.ts';
import { openModel } from './open.ts';
import { prepareInputs } from './prepare-inputs.ts';

export type EvaluateOptions = DataOptions & {
  /** binary, multiclass, classification, regression; read off the data when absent. */
  readonly task?: string | undefined;
  /** Metric names; the usual ones of the task when absent. */
  readonly metrics?: readonly string[] | undefined;
  /** `accuracy>=0.95` … in addition to the manifest's. */
  readonly gates?: readonly string[] | undefined;
  /** Average of precision, recall and F1 where their name does not say. */
  readonly average?: string | undefined;
  /** Class that counts as "yes" in binary figures. */
  readonly positive?: string | undefined;
  /** Scores above it count as the positive class. */
  readonly threshold?: number | undefined;
  /** Which output is judged, when there are several. */
  readonly output?: string | undefined;
};

export type EvaluateResult = Figures & {
  readonly model: string;
  readonly format: string;
  readonly runtime: string;
  /** sha256 of the model file, hex. */
  readonly digest: string;
  readonly data: string;
  /** sha256 of the data file, hex. */
  readonly dataDigest: string;
  readonly task: Task;
  readonly output: string;
  readonly target: readonly string[];
  /** Columns or array per input, in the order they are fed. */
  readonly features: Readonly<Record<string, readonly string[]>>;
  /** Class names in index order; null for regression. */
  readonly labels: readonly string[] | null;
  readonly rows: number;
  readonly gates: readonly GateResult[];
  /** True when every gate holds. */
  readonly passed: boolean;
  /** Of reading batches, running the model and collecting its output; loading is not in it. */
  readonly rowsPerSecond: number;
  /** Assumptions a reader should know of. */
  readonly notes: readonly string[];
};

/**
 * Errors: those of reading the model and the data; TARGET_MISSING, COLUMN_MISSING, FEATURES_MISMATCH, ROWS_MISMATCH,
 * LABEL_INVALID, OUTPUT_UNCLEAR, METRIC_UNKNOWN, METRIC_NOT_APPLICABLE, NOT_A_NUMBER, GATE_INVALID.
 *
 * @example
 * const { metrics } = await evaluate({ model: 'iris.h5', data: 'test.csv', target: 'species' }, context);
 */
export async function evaluate(options: EvaluateOptions, context: Context): Promise<EvaluateResult> {
  // What can be wrong without reading anything comes first.
  const average = averageOf(options.average);
  const flagGates = (options.gates ?? []).map(parseGate);
  options.metrics?.forEach(findMetric);
  const settings = await settle(options, context);
  const declared = settings.project?.manifest.evaluate;
  const gates = mergeGates(
    flagGates,
    settings.project ? await manifestGates(declared?.gates ?? {}, settings.project.folder) : [],
  );
  const names = options.metrics ?? declared?.metrics;
  names?.forEach(findMetric);

  const { from, runtime, threads } = options;
  const opened = await openModel(
    settings.model,
    {
      ...(from === undefined ? {} : { from }),
      ...settings.parts,
      ...(runtime === undefined ? {} : { runtime }),
      ...(threads === undefined ? {} : { threads }),
    },
    context,
  );
  const { session } = opened;
  try {
    const { signature } = settings;
    const { dataset } = settings.data;
    await warnOfUnscaledImages(opened, { dataset, signature, scaling: settings.scaling }, context);
    const targets = targetNamesOf(settings.target, knownNames(settings));
    const hints = [...Object.keys(signature.outputs), ...session.outputs.map(({ name }) => name)];
    const prepared = prepareInputs(dataset, settings.data.shown, {
      inputs: session.inputs,
      signature,
      scaling: settings.scaling,
      assignments: options.features ?? [],
      target: {
        names: targets,
        hints,
        isRequired: true,
        ...(settings.labels ? { labels: settings.labels } : {}),
      },
      missing: settings.missing,
      limit: options.limit,
      batch: settings.batch,
    });
    const target = prepared.target.map(({ name }) => name);
    const output = chooseOutput(session.outputs, options.output, [
      ...Object.keys(signature.outputs),
      ...target,
    ]);
    const run = await runRows(session, prepared, [output.name], context);
    const { judged, notes } = judge(
      run.predictions[0] as (typeof run.predictions)[number],
      prepared.target,
      {
        task: options.task ?? declared?.task,
        names:
          options.classes ??
          signatureOf(signature.outputs, output.name, session.outputs.length === 1)?.labels,
        positive: options.positive,
        threshold: options.threshold,
      },
      prepared.place,
    );
    for (const message of notes) {
      context.diagnose({ code: 'EVALUATE_ASSUMED', severity: 'note', message });
    }
    const figures = figuresOf(
      judged,
      names,
      gates.map(({ metric }) => metric),
      average,
      context,
    );
    const results = gates.map((gate: Gate) => checkGate(gate, figures.metrics[gate.metric] ?? Number.NaN));
    noteUndefined(results, context);
    return {
      model: settings.model,
      format: opened.format,
      runtime: opened.runtime,
      digest: opened.digest,
      data: settings.data.shown,
      dataDigest: settings.data.digest,
      task: judged.task,
      output: output.name,
      target,
      features: prepared.features,
      labels: judged.task === 'regression' ? null : judged.labels,
      rows: prepared.rows,
      ...figures,
      gates: results,
      passed: results.every(({ passed }) => passed),
      rowsPerSecond: prepared.rows / run.seconds,
      notes,
    };
  } finally {
    await session.release();
  }
}

function averageOf(text: string | undefined): AverageName | undefined {
  if (text === undefined) return undefined;
  const found = averageNames.find((name) => name === text);
  if (found) return found;
  throw errors.USAGE(`--average ${text} is not an average`, didYouMean(text, averageNames));
}

function knownNames({ data, labels }: Settings): Set<string> {
  return new Set(namesIn((labels ?? data).dataset));
}
