// Drift of every feature: which rows are compared with which, the decision, and since when.

import { bin, binOf, quantileEdges } from '../../drift/bins.ts';
import { type DriftDecision, type DriftInput, type DriftOptions, decideDrift } from '../../drift/decide.ts';
import { independentShare } from '../../drift/repeats.ts';
import { categorySample, numberSample, type Sample } from '../../drift/sample.ts';
import { driftedSpan } from '../../drift/since.ts';
import type { Dictionary } from './dictionary.ts';
import type { Feature, Layout } from './layout.ts';
import { columnOf, type SampledRows } from './reservoir.ts';
import type { DriftRow } from './result.ts';

/** The rows a role's features are compared between. `current` are the rows from `firstCurrent` on. */
export type Comparison = ComparedRows & {
  /** Share of the current rows that do not repeat others (drift/repeats.ts). */
  readonly independent: number;
};

export type ComparedRows = {
  readonly reference: SampledRows;
  readonly current: SampledRows;
  readonly firstCurrent: number;
};

const dayMs = 86_400_000;

export function driftOfFeatures(
  layout: Layout,
  comparisons: Readonly<Record<Feature['role'], Comparison | undefined>>,
  options: DriftOptions,
): DriftRow[] {
  const indexed = layout.features.flatMap((feature, index) => {
    const comparison = comparisons[feature.role];
    return comparison ? [{ feature, index, comparison }] : [];
  });
  const inputs = indexed.map(({ feature, index, comparison }) => inputOf(feature, index, comparison));
  // Keyed by place: an input and an output may have the same name.
  const decisions = groupByFeature(decideDrift(inputs, options));
  return indexed.flatMap(({ feature, index, comparison }, i) => {
    const input = inputs[i];
    const own = decisions.get(String(index)) ?? [];
    const hasDrifted = own.some(({ drifted }) => drifted);
    const isMeasured = own.some(({ statistic }) => statistic !== null);
    const span = input && isMeasured ? spanOf(feature, index, comparison, input, options) : undefined;
    const since = span?.since ?? iso(comparison.current.times[0]);
    return own.map(({ detail: _, ...decision }) => ({
      ...decision,
      feature: feature.name,
      role: feature.role,
      since: decision.drifted ? since : null,
      until: decision.drifted ? (span?.until ?? null) : null,
      lately: hasDrifted || !span || span.until !== null || span.ms < dayMs ? null : span.since,
    }));
  });
}

/** Rows are the same when all their inputs are. */
export function withRepeats(layout: Layout, rows: ComparedRows): Comparison {
  const inputs = layout.features.flatMap(({ role }, index) => (role === 'input' ? [index] : []));
  const keys = ({ values, width, count }: SampledRows, first: number) =>
    Array.from({ length: count - first }, (_, i) =>
      inputs.map((index) => values[(first + i) * width + index]).join(),
    );
  const independent = independentShare(keys(rows.reference, 0), keys(rows.current, rows.firstCurrent));
  return { ...rows, independent };
}

function groupByFeature(decisions: readonly DriftDecision[]): Map<string, DriftDecision[]> {
  const groups = new Map<string, DriftDecision[]>();
  for (const decision of decisions) {
    const group = groups.get(decision.feature);
    if (group) group.push(decision);
    else groups.set(decision.feature, [decision]);
  }
  return groups;
}

function inputOf(
  feature: Feature,
  index: number,
  { reference, current, firstCurrent, independent }: Comparison,
): DriftInput {
  return {
    feature: String(index),
    reference: sampleOf(columnOf(reference, index), feature.dictionary),
    current: sampleOf(columnOf(current, index, firstCurrent), feature.dictionary, independent),
  };
}

function sampleOf(values: Float64Array, dictionary: Dictionary | undefined, independent = 1): Sample {
  if (!dictionary) return numberSample(values, independent);
  return categorySample(
    present(values).map((code) => dictionary.text(code)),
    independent,
  );
}

function present(values: Float64Array): number[] {
  return Array.from(values).filter((value) => !Number.isNaN(value));
}

/** The last stretch of the current rows that differs from the reference. */
function spanOf(
  feature: Feature,
  index: number,
  { current, independent }: Comparison,
  input: DriftInput,
  options: DriftOptions,
): { since: string; until: string | null; ms: number } | undefined {
  const column = columnOf(current, index);
  const rows = Array.from(column.keys()).filter((row) => Number.isFinite(column[row]));
  const values = Float64Array.from(rows, (row) => column[row] ?? 0);
  const coded = codesOf(feature, input, values);
  const isDrifted = (first: number, end: number) => {
    const piece = {
      ...input,
      current: sampleOf(values.subarray(first, end), feature.dictionary, independent),
    };
    return decideDrift([piece], { ...options, minRows: Math.min(30, options.minRows ?? 30) }).some(
      ({ drifted }) => drifted,
    );
  };
  const span = driftedSpan(coded.codes, coded.count, isDrifted);
  if (!span) return undefined;
  const time = (row: number) => current.times[rows[row] ?? 0] ?? 0;
  const isOver = span.end < values.length;
  const ms = time(isOver ? span.end : values.length - 1) - time(span.first);
  return { since: iso(time(span.first)), until: isOver ? iso(time(span.end)) : null, ms };
}

function iso(time: number | undefined): string {
  return new Date(time ?? 0).toISOString();
}

/** Each value's bin: quantiles of the reference, or the most frequent categories. */
function codesOf(
  feature: Feature,
  input: DriftInput,
  values: Float64Array,
): { codes: number[]; count: number } {
  const { dictionary } = feature;
  if (input.reference.kind === 'number' || !dictionary) {
    const edges = input.reference.kind === 'number' ? quantileEdges(input.reference, 10) : [];
    return { codes: Array.from(values, (value) => binOf(value, edges)), count: edges.length + 1 };
  }
  const { labels } = bin(input.reference, sampleOf(values, dictionary));
  const places = new Map(labels.map((label, place) => [label, place]));
  const other = labels.length - 1;
  return {
    codes: Array.from(values, (code) => places.get(dictionary.text(code)) ?? other),
    count: labels.length,
  };
}
