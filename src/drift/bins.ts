// The same bins for both samples: quantiles of the reference for numbers, values for categories.

import type { CategorySample, NumberSample, Sample } from './sample.ts';
import { sampleSize } from './sample.ts';

export type Binned = {
  readonly labels: readonly string[];
  /** Upper edges of all numeric bins but the last: bin i holds values in (edges[i-1], edges[i]]. Empty for categories. */
  readonly edges: readonly number[];
  readonly reference: Float64Array;
  readonly current: Float64Array;
  /** 1/m + 1/n over independent rows: the unit of sampling noise of two-sample statistics. */
  readonly noise: number;
};

const mostBins = 10;
/** With fewer expected rows per bin the χ² approximation of the statistics' noise is too optimistic. */
const rowsPerBin = 15;
/** Integers and codes up to this many values get a bin each. */
const fewValues = 10;
const mostCategories = 30;

/** Counts of both samples in bins made from the reference alone. Both must be of the reference's kind. */
export function bin(reference: Sample, current: Sample): Binned {
  if (reference.kind === 'category' || current.kind === 'category') {
    if (reference.kind !== current.kind) throw new TypeError('samples of different kinds');
    return categoryBins(reference as CategorySample, current as CategorySample);
  }
  const noise = noiseOf(reference, current);
  const size = Math.min(sampleSize(reference), sampleSize(current));
  const bins = Math.max(2, Math.min(mostBins, Math.floor(size / rowsPerBin)));
  const edges = quantileEdges(reference, bins);
  return {
    edges,
    labels: intervalLabels(edges),
    reference: countBetween(reference, edges),
    current: countBetween(current, edges),
    noise,
  };
}

function noiseOf(reference: Sample, current: Sample): number {
  return 1 / Math.max(1, sampleSize(reference)) + 1 / Math.max(1, sampleSize(current));
}

/**
 * Inner edges so that each bin holds about the same number of reference values; fewer when values repeat. Values outside
 * the reference's range fall into the outer bins, which are open. A constant reference gets a bin of its own between two others.
 */
export function quantileEdges({ sorted }: NumberSample, bins: number): number[] {
  const distinct = distinctValues(sorted, fewValues);
  if (distinct) return edgesAround(distinct);
  const edges: number[] = [];
  const last = sorted[sorted.length - 1] ?? 0;
  for (let i = 1; i < bins; i++) {
    const edge = sorted[Math.ceil((i * sorted.length) / bins) - 1] ?? 0;
    if (edge < last && edge !== edges[edges.length - 1]) edges.push(edge);
  }
  return edges;
}

/** How many values lie in each bin of these edges. */
export function countBetween({ sorted }: NumberSample, edges: readonly number[]): Float64Array {
  const counts = new Float64Array(edges.length + 1);
  let index = 0;
  for (const value of sorted) {
    while (index < edges.length && value > (edges[index] as number)) index += 1;
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts;
}

/** The bin of one value. */
export function binOf(value: number, edges: readonly number[]): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value > (edges[middle] as number)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function distinctValues(sorted: Float64Array, most: number): number[] | undefined {
  const found: number[] = [];
  for (const value of sorted) {
    if (value === found[found.length - 1]) continue;
    if (found.length === most) return undefined;
    found.push(value);
  }
  return found;
}

/** A bin per value: edges halfway between, and one beyond each end for values the reference never had. */
function edgesAround(values: readonly number[]): number[] {
  const first = values[0] ?? 0;
  const last = values[values.length - 1] ?? 0;
  const edges: number[] = [];
  const step = (from: number, to: number) => (to - from) / 2;
  edges.push(
    first - (values.length > 1 ? step(first, values[1] ?? first) : Math.max(Math.abs(first), 1) * 1e-9),
  );
  for (let i = 1; i < values.length; i++) {
    const before = values[i - 1] as number;
    edges.push(before + step(before, values[i] as number));
  }
  const previous = values[values.length - 2];
  edges.push(last + (previous === undefined ? Math.max(Math.abs(last), 1) * 1e-9 : step(previous, last)));
  return edges;
}

/**
 * A bin per category that would have at least five rows in the smaller sample (Cochran's rule), and one for all others
 * together. Judged on both samples pooled: choosing bins by the reference's counts alone keeps the categories it has
 * too many of by chance, which looks like drift.
 */
function categoryBins(reference: CategorySample, current: CategorySample): Binned {
  const pooled = new Map(reference.counts);
  for (const [label, rows] of current.counts) pooled.set(label, (pooled.get(label) ?? 0) + rows);
  const all = reference.size + current.size;
  const smaller = Math.min(sampleSize(reference), sampleSize(current));
  const kept = [...pooled]
    .filter(([, count]) => (count / all) * smaller >= 5)
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, mostCategories)
    .map(([label]) => label)
    .sort();
  const place = new Map(kept.map((label, index) => [label, index]));
  const count = (sample: CategorySample) => {
    const counts = new Float64Array(kept.length + 1);
    for (const [label, rows] of sample.counts) {
      const index = place.get(label) ?? kept.length;
      counts[index] = (counts[index] ?? 0) + rows;
    }
    return counts;
  };
  return {
    labels: [...kept, '(other)'],
    edges: [],
    reference: count(reference),
    current: count(current),
    noise: noiseOf(reference, current),
  };
}

function intervalLabels(edges: readonly number[]): string[] {
  const text = (value: number) => String(Number(value.toPrecision(4)));
  if (edges.length === 0) return ['all'];
  const labels = [`≤ ${text(edges[0] as number)}`];
  for (let i = 1; i < edges.length; i++) {
    labels.push(`${text(edges[i - 1] as number)} – ${text(edges[i] as number)}`);
  }
  labels.push(`> ${text(edges[edges.length - 1] as number)}`);
  return labels;
}
