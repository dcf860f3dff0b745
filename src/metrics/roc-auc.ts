// Area under the ROC curve: the chance that a row of the class scores above one that is not; ties count half.
// With more than two classes, the mean over the classes of one against the rest.
// https://scikit-learn.org/stable/modules/generated/sklearn.metrics.roc_auc_score.html

import { type Classified, classified, type Metric } from './definition.ts';
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

/** From the sum of the ranks of the positive rows (Mann and Whitney 1947). */
function area({ scores, truth, labels, rows }: Classified, label: number): number {
  if (scores === undefined) return Number.NaN;
  const score = (row: number) => scores.values[row * labels.length + label] as number;
  const order = Array.from({ length: rows }, (_, row) => row).sort((a, b) => score(a) - score(b));
  let positives = 0;
  let rankSum = 0;
  for (let start = 0; start < rows; ) {
    let end = start + 1;
    while (end < rows && score(order[end] as number) === score(order[start] as number)) end++;
    const rank = (start + 1 + end) / 2;
    for (let at = start; at < end; at++) {
      if (truth[order[at] as number] !== label) continue;
      positives++;
      rankSum += rank;
    }
    start = end;
  }
  const negatives = rows - positives;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}
