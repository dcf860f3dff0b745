// Two-sample Kolmogorov–Smirnov: the largest gap D between the two empirical distribution functions.

import type { DriftTest } from './definition.ts';
import { largestGap, smirnovTail } from './kolmogorov.ts';
import { sampleSize } from './sample.ts';

export default {
  name: 'ks',
  title: 'Kolmogorov–Smirnov',
  kinds: ['number'],
  auto: true,
  // Normals shifted by δ standard deviations have PSI δ² and D = 2Φ(δ/2) - 1 = erf(δ / √8).
  fromPsi: (psi) => erf(Math.sqrt(psi / 8)),
  compute(reference, current) {
    if (reference.kind !== 'number' || current.kind !== 'number') throw new TypeError('ks needs numbers');
    const m = sampleSize(reference);
    const n = sampleSize(current);
    const { distance, at } = largestGap(reference.sorted, current.sorted);
    // E[D] is √(π/2) ln 2 · √(1/m + 1/n) in the limit: the mean of Kolmogorov's distribution.
    const noise = Math.sqrt(Math.PI / 2) * Math.LN2 * Math.sqrt(1 / m + 1 / n);
    return {
      statistic: distance,
      pValue: smirnovTail(distance, m, n),
      limit: (threshold) => threshold + noise,
      detail: { at },
    };
  },
} satisfies DriftTest;

/** Error function by its Maclaurin series; thresholds are small, so a few terms do. */
function erf(x: number): number {
  if (x > 3) return 1;
  let term = x;
  let sum = x;
  for (let n = 1; n < 100; n++) {
    term *= -(x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
