// Coefficient of determination, the mean of the outputs' own: 1 - Σ(truth - prediction)² / Σ(truth - mean)².
// A constant truth gives 1 when it is met exactly and 0 otherwise; fewer than two rows have none.
// https://scikit-learn.org/stable/modules/generated/sklearn.metrics.r2_score.html

import type { Metric } from './definition.ts';
import { meanOf, outputMeans } from './residuals.ts';

export default {
  name: 'r2',
  title: 'R²',
  aliases: ['r2_score', 'r_squared', 'r^2'],
  tasks: ['regression'],
  needs: 'scores',
  isHigherBetter: true,
  defaultRank: 14,
  compute(judged, _options, warn) {
    if (judged.rows < 2) {
      warn('R² is not defined for fewer than two rows');
      return Number.NaN;
    }
    const mean = outputMeans(judged, (truth) => truth);
    const residual = outputMeans(judged, (truth, predicted) => (truth - predicted) ** 2);
    const spread = outputMeans(judged, (truth, _, output) => (truth - (mean[output] as number)) ** 2);
    return meanOf(residual.map((value, output) => ratio(value, spread[output] as number)));
  },
} satisfies Metric;

/** 1 - residual / spread, finite for a constant truth. */
export function ratio(residual: number, spread: number): number {
  if (spread !== 0) return 1 - residual / spread;
  return residual === 0 ? 1 : 0;
}
