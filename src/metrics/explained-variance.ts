// R² with the mean error taken out: 1 - Var(truth - prediction) / Var(truth).
// https://scikit-learn.org/stable/modules/generated/sklearn.metrics.explained_variance_score.html

import type { Metric } from './definition.ts';
import { ratio } from './r2.ts';
import { meanOf, outputMeans } from './residuals.ts';

export default {
  name: 'explained_variance',
  title: 'explained variance',
  aliases: ['explained_variance_score'],
  tasks: ['regression'],
  needs: 'scores',
  isHigherBetter: true,
  compute(judged) {
    const error = outputMeans(judged, (truth, predicted) => truth - predicted);
    const mean = outputMeans(judged, (truth) => truth);
    const residual = outputMeans(
      judged,
      (truth, predicted, output) => (truth - predicted - (error[output] as number)) ** 2,
    );
    const spread = outputMeans(judged, (truth, _, output) => (truth - (mean[output] as number)) ** 2);
    return meanOf(residual.map((value, output) => ratio(value, spread[output] as number)));
  },
} satisfies Metric;
