// Wasserstein-1 distance between the two samples over the reference's standard deviation: how far the feature has
// moved, in its own unit. The threshold means the same for 100 rows and for a million. It has no p-value of its own
// that is cheap and free of the distribution; Kolmogorov–Smirnov's, for the same null hypothesis, serves as the floor.

import type { DriftTest } from './definition.ts';
import { largestGap, smirnovTail } from './kolmogorov.ts';
import { type NumberSample, sampleSize } from './sample.ts';

export default {
  name: 'wasserstein',
  title: 'Wasserstein distance / reference std',
  kinds: ['number'],
  auto: false,
  // Between normals of equal variance shifted by δ standard deviations, W₁ is δ and PSI is δ².
  fromPsi: (psi) => Math.sqrt(psi),
  compute(reference, current) {
    if (reference.kind !== 'number' || current.kind !== 'number') {
      throw new TypeError('wasserstein needs numbers');
    }
    const r = reference.sorted;
    const c = current.sorted;
    const scale = Math.max(standardDeviation(r), Math.abs(r[0] ?? 0) * 1e-9, Number.MIN_VALUE);
    const noise = expectedNoise(reference, sampleSize(current)) / scale;
    return {
      statistic: wasserstein(r, c) / scale,
      pValue: smirnovTail(largestGap(r, c).distance, sampleSize(reference), sampleSize(current)),
      limit: (threshold) => threshold + noise,
      detail: { scale },
    };
  },
} satisfies DriftTest;

/** ∫ |F_r(x) - F_c(x)| dx over two ascending samples. */
export function wasserstein(r: Float64Array, c: Float64Array): number {
  let i = 0;
  let j = 0;
  let x = Math.min(r[0] ?? 0, c[0] ?? 0);
  let sum = 0;
  while (i < r.length || j < c.length) {
    const next = Math.min(r[i] ?? Number.POSITIVE_INFINITY, c[j] ?? Number.POSITIVE_INFINITY);
    sum += (next - x) * Math.abs(i / r.length - j / c.length);
    x = next;
    while (i < r.length && r[i] === x) i += 1;
    while (j < c.length && c[j] === x) j += 1;
  }
  return sum;
}

/**
 * Mean of W₁ when nothing changed: the difference of two empirical distribution functions is about a Brownian bridge
 * with variance F(1 - F)(1/n + 1/m), whose mean absolute value is sqrt(2/π) times its standard deviation.
 */
function expectedNoise({ sorted }: NumberSample, n: number): number {
  const m = sorted.length;
  let sum = 0;
  for (let i = 1; i < m; i++) {
    const f = i / m;
    sum += ((sorted[i] ?? 0) - (sorted[i - 1] ?? 0)) * Math.sqrt(f * (1 - f));
  }
  return Math.sqrt((2 / Math.PI) * (1 / n + 1 / m)) * sum;
}

/** Population standard deviation (divides by the count). */
function standardDeviation(values: Float64Array): number {
  let mean = 0;
  for (const value of values) mean += value / values.length;
  let sum = 0;
  for (const value of values) sum += (value - mean) ** 2;
  return Math.sqrt(sum / values.length);
}
