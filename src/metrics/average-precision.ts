// Precision averaged over the recalls as the threshold falls: Σ (R_n - R_{n-1}) P_n.
// https://scikit-learn.org/stable/modules/generated/sklearn.metrics.average_precision_score.html

import { classified, type Metric } from './definition.ts';

export default {
  name: 'average_precision',
  title: 'average precision',
  aliases: ['pr_auc', 'average_precision_score'],
  tasks: ['binary'],
  needs: 'scores',
  isHigherBetter: true,
  compute(judged, _options, warn) {
    const { scores, truth, labels, rows, positive } = classified(judged);
    if (scores === undefined) return Number.NaN;
    const score = (row: number) => scores.values[row * labels.length + positive] as number;
    const order = Array.from({ length: rows }, (_, row) => row).sort((a, b) => score(b) - score(a));
    const total = truth.reduce((count, label) => count + (label === positive ? 1 : 0), 0);
    if (total === 0) {
      warn(`average precision counts as 0: no row is of class ${labels[positive]}`);
      return 0;
    }
    let hits = 0;
    let area = 0;
    for (let start = 0; start < rows; ) {
      // Rows with equal scores pass the threshold together.
      const before = hits;
      let end = start;
      for (; end < rows && score(order[end] as number) === score(order[start] as number); end++) {
        if (truth[order[end] as number] === positive) hits++;
      }
      area += ((hits - before) / total) * (hits / end);
      start = end;
    }
    return area;
  },
} satisfies Metric;
