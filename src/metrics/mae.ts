// Mean absolute error: mean of |truth - prediction|.

import type { Metric } from './definition.ts';
import { meanOver } from './residuals.ts';

export default {
  name: 'mae',
  title: 'mean absolute error',
  aliases: ['mean_absolute_error'],
  tasks: ['regression'],
  needs: 'scores',
  isHigherBetter: false,
  defaultRank: 13,
  compute: (judged) => meanOver(judged, Math.abs),
} satisfies Metric;
