// Of the rows predicted as a class, the share that is of that class: TP / (TP + FP).

import { averaged, averageNames, type Ratio } from './averaged.ts';
import type { Metric } from './definition.ts';

export const precisionOf: Ratio = ({ truePositives, falsePositives }) =>
  truePositives / (truePositives + falsePositives);

export default {
  name: 'precision',
  title: 'precision',
  aliases: ['ppv'],
  tasks: ['binary', 'multiclass'],
  needs: 'labels',
  isHigherBetter: true,
  defaultRank: 2,
  averages: averageNames,
  compute: averaged(precisionOf, 'precision', 'no row was predicted as it'),
} satisfies Metric;
