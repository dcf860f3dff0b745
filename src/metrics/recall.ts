// Of the rows of a class, the share predicted as that class: TP / (TP + FN).

import { averaged, averageNames, type Ratio } from './averaged.ts';
import type { Metric } from './definition.ts';

export const recallOf: Ratio = ({ truePositives, falseNegatives }) =>
  truePositives / (truePositives + falseNegatives);

export default {
  name: 'recall',
  title: 'recall',
  aliases: ['sensitivity', 'tpr'],
  tasks: ['binary', 'multiclass'],
  needs: 'labels',
  isHigherBetter: true,
  defaultRank: 3,
  averages: averageNames,
  compute: averaged(recallOf, 'recall', 'no row has it as its true class'),
} satisfies Metric;
