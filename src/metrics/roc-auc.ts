// Area under the ROC curve: the chance that a row of the class scores above one that is not; ties count half.
// With more than two classes, the mean over the classes of one against the rest.
// https://scikit-learn.org/stable/modules/generated/sklearn.metrics.roc_auc_score.html

import { type Classified, classified, type Metric } from './definition.ts';
import { ranked } from './ranked.ts';
import { sum } from './sum.ts';

export default {
  name: 'roc_auc',
  title: 'ROC AUC',
  aliases: ['auc', 'auroc', 'roc_auc_score', 'roc_auc_ovr'],
  tasks: ['binary', 'multiclass'],
  needs: 'scores',
  isHigherBetter: true,
  defaultRank: 6,
  compute(judged, _options, warn) {
    const data = classified(judged);
    const classes = data.task === 'binary' ? [data.positive] : data.labels.map((_, index) => index);
    const areas = classes.map((label) => area(data, label));
    const undefinedAt = areas.findIndex(Number.isNaN);
    if (undefinedAt >= 0) {
      const label = data.labels[classes[undefinedAt] as number];
      warn(`ROC AUC is not defined: every row, or none, is of class ${label}`);
    }
    return sum(areas) / areas.length;
  },
} satisfies Metric;

/** Of all pairs of a positive and a negative row, the share in which the positive one scores higher (Mann and Whitney 1947). */
function area(data: Classified, label: number): number {
  const split = ranked(data, label);
  if (split === undefined) return Number.NaN;
  const { positives, negatives } = split;
  let below = 0;
  let upTo = 0;
  let pairs = 0;
  for (const score of positives) {
    while (below < negatives.length && (negatives[below] as number) < score) below++;
    while (upTo < negatives.length && (negatives[upTo] as number) <= score) upTo++;
    pairs += (below + upTo) / 2;
  }
  return pairs / (positives.length * negatives.length);
}
