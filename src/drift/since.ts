// Since when a feature has drifted: cuts its rows, in order of time, where its distribution changes most, and says which
// of the pieces differ from the reference. Binary segmentation with a multinomial likelihood ratio over the bins.

/** `bins[i]` is the bin of row i; `drifted(first, end)` says whether those rows differ from the reference. */
export function driftedSpan(
  bins: ArrayLike<number>,
  binCount: number,
  drifted: (first: number, end: number) => boolean,
): { first: number; end: number } | undefined {
  const cuts = [0, ...changePoints(bins, binCount, 0, bins.length, 4), bins.length];
  let span: { first: number; end: number } | undefined;
  for (let i = 1; i < cuts.length; i++) {
    const [first = 0, end = 0] = [cuts[i - 1], cuts[i]];
    if (end - first < fewestRows || !drifted(first, end)) continue;
    // The last drifted stretch is the one people are paged for; adjoining pieces are one stretch.
    span = span && span.end === first ? { first: span.first, end } : { first, end };
  }
  return span;
}

const fewestRows = 30;

/** Rows before which the distribution changes, ascending; at most 2^depth - 1 of them. */
export function changePoints(
  bins: ArrayLike<number>,
  binCount: number,
  first: number,
  end: number,
  depth: number,
): number[] {
  if (depth === 0 || end - first < 2 * fewestRows) return [];
  const total = new Float64Array(binCount);
  for (let i = first; i < end; i++) total[bins[i] ?? 0] = (total[bins[i] ?? 0] ?? 0) + 1;
  const rows = end - first;
  const whole = likelihood(total, rows);
  const before = new Float64Array(binCount);
  let best = 0;
  let at = 0;
  // Every row would be exact but costs rows × bins; 400 candidates place the cut to 0.25 % of the window.
  const step = Math.max(1, Math.floor(rows / 400));
  const gainAt = (i: number) =>
    likelihood(before, i - first) + likelihoodOfRest(total, before, end - i) - whole;
  for (let i = first; i < end; i++) {
    const isCandidate = i - first >= fewestRows && end - i >= fewestRows && (i - first) % step === 0;
    if (isCandidate) {
      const gain = gainAt(i);
      if (gain > best) {
        best = gain;
        at = i;
      }
    }
    before[bins[i] ?? 0] = (before[bins[i] ?? 0] ?? 0) + 1;
  }
  // Bayesian information criterion with a generous factor: bins - 1 new shares and one place, each costing ln(rows).
  if (2 * best <= 2 * binCount * Math.log(rows)) return [];
  return [
    ...changePoints(bins, binCount, first, at, depth - 1),
    at,
    ...changePoints(bins, binCount, at, end, depth - 1),
  ];
}

/** Log-likelihood of counts under their own shares. */
function likelihood(counts: Float64Array, rows: number): number {
  let sum = 0;
  for (const count of counts) if (count > 0) sum += count * Math.log(count / rows);
  return sum;
}

function likelihoodOfRest(total: Float64Array, before: Float64Array, rows: number): number {
  let sum = 0;
  for (let i = 0; i < total.length; i++) {
    const count = (total[i] ?? 0) - (before[i] ?? 0);
    if (count > 0) sum += count * Math.log(count / rows);
  }
  return sum;
}
