// Root mean squared error; with several outputs the mean of theirs.

import type { Metric } from './definition.ts';
import { meanOf, outputMeans } from './residuals.ts';

export default {
  name: 'rmse',
  title: 'root mean squared error',
  aliases: ['root_mean_squared_error'],
  tasks: ['regression'],
  needs: 'scores',
  isHigherBetter: false,
  defaultRank: 12,
  compute: (judged) =>
    meanOf(outputMeans(judged, (truth, predicted) => (truth - predicted) ** 2).map(Math.sqrt)),
} satisfies Metric;
