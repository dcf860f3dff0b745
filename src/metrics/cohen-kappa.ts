// Agreement beyond chance (Cohen 1960): (p_o - p_e) / (1 - p_e).
// https://scikit-learn.org/stable/modules/generated/sklearn.metrics.cohen_kappa_score.html

import { classCounts, support } from './confusion.ts';
import { classified, type Metric } from './definition.ts';
import { sum } from './sum.ts';

export default {
  name: 'cohen_kappa',
  title: "Cohen's kappa",
  aliases: ['kappa', 'cohen_kappa_score'],
  tasks: ['binary', 'multiclass'],
  needs: 'labels',
  isHigherBetter: true,
  compute(judged, _options, warn) {
    const data = classified(judged);
    const counts = classCounts(data);
    const observed = sum(counts.map(({ truePositives }) => truePositives));
    const expected =
      sum(counts.map((of) => support(of) * (of.truePositives + of.falsePositives))) / data.rows;
    if (expected === data.rows) warn('kappa is not defined: all rows are of one class, and predicted so');
    return 1 - (data.rows - observed) / (data.rows - expected);
  },
} satisfies Metric;
