// Precision averaged over the recalls as the threshold falls: Σ (R_n - R_{n-1}) P_n.
// https://scikit-learn.org/stable/modules/generated/sklearn.metrics.average_precision_score.html

import { classified, type Metric } from './definition.ts';
import { ranked } from './ranked.ts';

export default {
  name: 'average_precision',
  title: 'average precision',
  aliases: ['pr_auc', 'average_precision_score'],
  tasks: ['binary'],
  needs: 'scores',
  isHigherBetter: true,
  compute(judged, _options, warn) {
    const data = classified(judged);
    const split = ranked(data, data.positive);
    if (split === undefined) return Number.NaN;
    const { positives, negatives } = split;
    if (positives.length === 0) {
      warn(`average precision counts as 0: no row is of class ${data.labels[data.positive]}`);
      return 0;
    }
    let area = 0;
    let rest = negatives.length;
    for (let left = positives.length; left > 0; ) {
      // Rows with equal scores pass the threshold together.
      const threshold = positives[left - 1] as number;
      const before = left;
      while (left > 0 && positives[left - 1] === threshold) left--;
      while (rest > 0 && (negatives[rest - 1] as number) >= threshold) rest--;
      const hits = positives.length - left;
      const passed = hits + negatives.length - rest;
      area += ((before - left) / positives.length) * (hits / passed);
    }
    return area;
  },
} satisfies Metric;
