// Mean squared error: mean of (truth - prediction)². Of a classification, that of the scores against one-hot truth.

import type { Metric } from './definition.ts';
import { meanOver } from './residuals.ts';

export default {
  name: 'mse',
  title: 'mean squared error',
  aliases: ['mean_squared_error'],
  tasks: ['regression', 'binary', 'multiclass'],
  needs: 'scores',
  isHigherBetter: false,
  defaultRank: 11,
  compute: (judged) => meanOver(judged, (difference) => difference * difference),
} satisfies Metric;
