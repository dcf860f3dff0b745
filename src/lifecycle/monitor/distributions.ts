// What a feature looked like in the reference and looks like now: a histogram of both, and its course over time.

import { type CategorySample, categorySample } from '../../drift/sample.ts';
import type { Comparison } from './drift-features.ts';
import type { Feature, Layout } from './layout.ts';
import { columnOf } from './reservoir.ts';
import type { Course, Distribution, DriftRow } from './result.ts';

const bins = 24;
const mostCategories = 12;
const slots = 48;

/** One per feature with a comparison. Only features that have drifted get a course over time: the rest would be noise. */
export function distributionsOf(
  layout: Layout,
  comparisons: Readonly<Record<Feature['role'], Comparison | undefined>>,
  drift: readonly DriftRow[],
): Distribution[] {
  return layout.features.flatMap((feature, index) => {
    const comparison = comparisons[feature.role];
    if (!comparison) return [];
    const reference = columnOf(comparison.reference, index);
    const current = columnOf(comparison.current, index, comparison.firstCurrent);
    const shape = feature.dictionary
      ? shares(reference, current, feature.dictionary)
      : histogram(reference, current);
    if (!shape) return [];
    const hasDrifted = drift.some(
      (row) => row.feature === feature.name && row.role === feature.role && row.drifted,
    );
    const course =
      hasDrifted && !feature.dictionary
        ? courseOf(reference, columnOf(comparison.current, index), comparison)
        : null;
    return [{ feature: feature.name, role: feature.role, ...shape, course }];
  });
}

type Shape = Omit<Distribution, 'feature' | 'role' | 'course'>;

/** Equal-width bins over the middle 99 % of both samples; what is beyond counts in the outer bins. */
function histogram(reference: Float64Array, current: Float64Array): Shape | undefined {
  const [r, c] = [sortedFinite(reference), sortedFinite(current)];
  if (r.length === 0 || c.length === 0) return undefined;
  const low = Math.min(quantile(r, 0.005), quantile(c, 0.005));
  const high = Math.max(quantile(r, 0.995), quantile(c, 0.995));
  const values = new Set([...r.slice(0, 2000), ...c.slice(0, 2000)]);
  const isWhole = high - low < bins && [...values].every(Number.isInteger);
  const count = isWhole ? Math.floor(high - low) + 1 : bins;
  const from = isWhole ? low - 0.5 : low;
  const width = isWhole ? 1 : (high - low) / count || 1;
  const counted = (sorted: Float64Array) => {
    const counts = new Array<number>(count).fill(0);
    for (const value of sorted) {
      const bin = Math.max(0, Math.min(count - 1, Math.floor((value - from) / width)));
      counts[bin] = (counts[bin] ?? 0) + 1 / sorted.length;
    }
    return counts;
  };
  return {
    kind: 'number',
    from,
    to: from + width * count,
    labels: null,
    reference: counted(r),
    current: counted(c),
  };
}

/** The most frequent categories of either sample, largest first, the others together. */
function shares(
  reference: Float64Array,
  current: Float64Array,
  dictionary: { text(code: number): string },
): Shape | undefined {
  const sample = (codes: Float64Array) =>
    categorySample(Array.from(codes).flatMap((code) => (Number.isNaN(code) ? [] : [dictionary.text(code)])));
  const [r, c] = [sample(reference), sample(current)];
  if (r.size === 0 || c.size === 0) return undefined;
  const share = (from: CategorySample, label: string) => (from.counts.get(label) ?? 0) / from.size;
  const labels = [...new Set([...r.counts.keys(), ...c.counts.keys()])].sort(
    (a, b) => Math.max(share(r, b), share(c, b)) - Math.max(share(r, a), share(c, a)) || (a < b ? -1 : 1),
  );
  const shown = labels.length > mostCategories ? labels.slice(0, mostCategories - 1) : labels;
  const withOther = (from: CategorySample) => {
    const values = shown.map((label) => share(from, label));
    return shown.length === labels.length
      ? values
      : [...values, Math.max(0, 1 - values.reduce((sum, value) => sum + value, 0))];
  };
  return {
    kind: 'category',
    from: null,
    to: null,
    labels: shown.length === labels.length ? shown : [...shown, '(other)'],
    reference: withOther(r),
    current: withOther(c),
  };
}

/** Median of the current rows in equal slices of time, beside the reference's 10 %, 50 % and 90 % quantiles. */
function courseOf(reference: Float64Array, column: Float64Array, { current }: Comparison): Course | null {
  const first = current.times[0] ?? 0;
  const last = current.times[current.count - 1] ?? 0;
  if (!(last > first)) return null;
  const width = (last - first) / slots;
  const parts = Array.from({ length: slots }, (): number[] => []);
  column.forEach((value, row) => {
    const slot = Math.min(slots - 1, Math.floor(((current.times[row] ?? first) - first) / width));
    if (Number.isFinite(value)) parts[slot]?.push(value);
  });
  const r = sortedFinite(reference);
  return {
    reference: [quantile(r, 0.1), quantile(r, 0.5), quantile(r, 0.9)],
    points: parts.flatMap((part, slot) =>
      part.length < 3
        ? []
        : [
            {
              time: new Date(first + (slot + 0.5) * width).toISOString(),
              median: quantile(Float64Array.from(part).sort(), 0.5),
            },
          ],
    ),
  };
}

function sortedFinite(values: Float64Array): Float64Array {
  return values.filter(Number.isFinite).sort();
}

function quantile(sorted: Float64Array, q: number): number {
  return sorted[Math.round(q * (sorted.length - 1))] ?? 0;
}
