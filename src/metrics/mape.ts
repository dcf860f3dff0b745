// Mean absolute percentage error, as a share: mean of |truth - prediction| / max(ε, |truth|), ε = 2.2e-16.
// https://scikit-learn.org/stable/modules/generated/sklearn.metrics.mean_absolute_percentage_error.html

import type { Metric } from './definition.ts';
import { meanOf, outputMeans } from './residuals.ts';

export default {
  name: 'mape',
  title: 'mean absolute percentage error',
  aliases: ['mean_absolute_percentage_error'],
  tasks: ['regression'],
  needs: 'scores',
  isHigherBetter: false,
  compute: (judged) =>
    meanOf(
      outputMeans(
        judged,
        (truth, predicted) => Math.abs(truth - predicted) / Math.max(Number.EPSILON, Math.abs(truth)),
      ),
    ),
} satisfies Metric;
