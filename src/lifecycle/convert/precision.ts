// Rewrites the graph of one artifact to smaller numbers: looks at what its values hold, decides which nodes stay in
// float32, and hands back a copy; the graph itself stays for the next artifact.

import type { Context } from '../../context.ts';
import { errors, MlctlError } from '../../errors.ts';
import { copyModel } from '../../graph/copy-model.ts';
import type { Model, Node } from '../../graph/model.ts';
import { didYouMean } from '../../nearest.ts';
import { inferTypes } from '../../ops/infer.ts';
import { allGraphs, nestedGraphs } from '../../passes/nested.ts';
import type { Range } from '../../passes/quantize/calibration/definition.ts';
import type {
  Kept,
  PrecisionReport,
  PrecisionSettings,
  TargetNumbers,
} from '../../passes/quantize/definition.ts';
import type { Feeds } from '../../runtimes/session.ts';
import { observe } from '../calibrate.ts';
import { compareOutputs, runAll } from '../parity.ts';
import type { MeasuredCosts } from './costs.ts';
import { findCulprits } from './culprits.ts';
import { collectGarbage, LARGE_BYTES, weightBytes } from './memory.ts';
import type { Reduction } from './reduction.ts';
import type { Reference } from './verify.ts';

export type Reduced = {
  readonly model: Model;
  readonly report: PrecisionReport;
  /** The same with more nodes in float32, and real numbers at inputs and outputs; absent where nodes were looked for. */
  readonly without?: (nodes: ReadonlySet<string>) => Model;
};

/** What the report says about the numbers of an artifact. */
export type PrecisionSummary = {
  readonly dtype: string;
  /** Nodes that compute in it, or read weights of it. */
  readonly nodes: number;
  /** Nodes that stayed in float32, and why. */
  readonly kept: readonly Kept[];
  /** Which of the nodes cost most; null: not measured. */
  readonly costs: MeasuredCosts | null;
  /** null: ranges were seen on made-up inputs, or not needed. */
  readonly calibration: {
    readonly data: string;
    readonly digest: string;
    readonly rows: number;
    readonly method: string;
  } | null;
};

export type Evidence = {
  /** What the model answers, in float32. */
  readonly reference: Reference;
  /** What to observe it on; the feeds of the reference unless there is data. */
  readonly feeds: Iterable<Feeds>;
};

/** How much of the tolerance the search may use up: the rest is for the file's own runtime. */
const SAFE_SHARE = 0.8;

/** Errors: USAGE for a node to keep that is not there, RUNTIME_FAILED. */
export async function reducePrecision(
  model: Model,
  reduction: Reduction,
  tolerance: number,
  target: TargetNumbers,
  { reference, feeds }: Evidence,
  context: Context,
): Promise<Reduced> {
  const { precision } = reduction;
  inferTypes(model);
  const asked = namedNodes(model, reduction.keep);
  const ranges =
    precision.ranges === 'none' ? new Map() : await chooseRanges(model, reduction, feeds, context);
  const { ioDtype } = reduction;
  const io = ioDtype === undefined ? {} : { ioDtype };
  const rewrite = (
    keep: ReadonlyMap<string, Kept>,
    settings: Pick<PrecisionSettings, 'ioDtype'> = io,
  ): Reduced => {
    const copy = copyModel(model);
    return { report: precision.rewrite(copy, { keep, ranges, target, ...settings }), model: copy };
  };
  // Sessions are outside the JavaScript heap, which therefore sees no reason to let their models go.
  const isLarge = weightBytes(model) > LARGE_BYTES;
  if (isLarge) collectGarbage();
  const first = rewrite(asked);
  if (first.report.changed.length === 0) return first;
  const types = new Map(allGraphs(model).flatMap(({ nodes }) => nodes.map((n) => [n.name, n.opType])));
  const keep = (nodes: Iterable<readonly [string, number | null]>): Map<string, Kept> => {
    const found = new Map(asked);
    for (const [node, error] of nodes) {
      const value = error === null || !Number.isFinite(error) ? null : error;
      found.set(node, { node, opType: types.get(node) ?? '', reason: 'error', value });
    }
    return found;
  };
  const keepAll = (names: ReadonlySet<string>) => keep([...names].map((name) => [name, null]));
  if (!precision.isRepaired) {
    const without = (nodes: ReadonlySet<string>) => rewrite(keepAll(nodes), {}).model;
    return { ...first, without };
  }
  const step = context.progress.step(`Looking for nodes that need float32`);
  try {
    const measure = async (names: ReadonlySet<string>): Promise<number> => {
      context.signal.throwIfAborted();
      if (isLarge) collectGarbage();
      const { model: candidate } = names.size === 0 ? first : rewrite(keepAll(names));
      return errorOf(candidate, reference, context);
    };
    const culprits = await findCulprits(first.report.changed, measure, tolerance * SAFE_SHARE, step);
    return culprits.size === 0 ? first : rewrite(keep(culprits));
  } finally {
    step.end();
  }
}

async function chooseRanges(
  model: Model,
  { method, percentile }: Reduction,
  feeds: Iterable<Feeds>,
  context: Context,
): Promise<Map<string, Range>> {
  const seen = await observe(model, feeds, { histogram: method.needsHistogram }, context);
  const options = percentile === undefined ? {} : { percentile };
  // What is infinite has no range that holds it.
  const finite = [...seen].filter(([, { nan, infinite }]) => nan === 0 && infinite === 0);
  return new Map(finite.map(([value, observed]) => [value, method.choose(observed, options)]));
}

/** The largest difference relative to the scale of an output; infinite when the outputs cannot be compared. */
async function errorOf(model: Model, reference: Reference, context: Context): Promise<number> {
  const { openGraph } = await import('../../runtimes/onnxruntime.ts');
  try {
    const session = await openGraph(model);
    try {
      const outputs = await runAll(session, reference.feeds, { signal: context.signal });
      const { maxRel, mismatches } = compareOutputs(reference.outputs, outputs, reference.samples, 1);
      return mismatches > 0 ? Number.POSITIVE_INFINITY : maxRel;
    } finally {
      await session.release();
    }
  } catch (cause) {
    // The runtime refuses this mixture of types (its own fusions overlook Casts): another mixture may do.
    if (cause instanceof MlctlError && cause.code === 'RUNTIME_FAILED') return Number.POSITIVE_INFINITY;
    throw cause;
  }
}

/** Nodes with one of these names, or inside a layer or node of that name. Errors: USAGE. */
function namedNodes(model: Model, names: readonly string[]): Map<string, Kept> {
  const kept = new Map<string, Kept>();
  const nodes = allGraphs(model).flatMap((graph) => graph.nodes);
  for (const name of names) {
    const found = nodes.filter((node) => node.name === name || node.name.startsWith(`${name}/`));
    if (found.length === 0) {
      throw errors.USAGE(
        `the graph has no node or layer ${JSON.stringify(name)} to keep in float32`,
        didYouMean(
          name,
          nodes.map((node) => node.name),
        ),
      );
    }
    for (const { name: node, opType } of found.flatMap(withContents))
      kept.set(node, { node, opType, reason: 'asked', value: null });
  }
  return kept;
}

function withContents(node: Node): Node[] {
  return [node, ...nestedGraphs(node).flatMap((graph) => graph.nodes.flatMap(withContents))];
}
