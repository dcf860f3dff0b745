// Harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN).

import { averaged, averageNames, type Ratio } from './averaged.ts';
import type { Metric } from './definition.ts';

export const f1Of: Ratio = ({ truePositives, falsePositives, falseNegatives }) =>
  (2 * truePositives) / (2 * truePositives + falsePositives + falseNegatives);

export default {
  name: 'f1',
  title: 'F1',
  aliases: ['f1_score', 'f_score'],
  tasks: ['binary', 'multiclass'],
  needs: 'labels',
  isHigherBetter: true,
  defaultRank: 4,
  averages: averageNames,
  compute: averaged(f1Of, 'F1', 'it is neither among the true nor among the predicted classes'),
} satisfies Metric;
