// Matthews correlation coefficient, for any number of classes (Gorodkin 2004).
// https://scikit-learn.org/stable/modules/generated/sklearn.metrics.matthews_corrcoef.html

import { classCounts, support } from './confusion.ts';
import { classified, type Metric } from './definition.ts';
import { sum } from './sum.ts';

export default {
  name: 'matthews',
  title: 'Matthews correlation',
  aliases: ['mcc', 'matthews_corrcoef', 'phi'],
  tasks: ['binary', 'multiclass'],
  needs: 'labels',
  isHigherBetter: true,
  compute(judged) {
    const data = classified(judged);
    const counts = classCounts(data);
    const actual = counts.map(support);
    const predicted = counts.map(({ truePositives, falsePositives }) => truePositives + falsePositives);
    const hits = sum(counts.map(({ truePositives }) => truePositives));
    const dot = (a: readonly number[], b: readonly number[]) =>
      sum(a.map((value, index) => value * (b[index] as number)));
    const squared = data.rows * data.rows;
    const spread = (squared - dot(predicted, predicted)) * (squared - dot(actual, actual));
    // One class only on either side: no correlation, by definition 0.
    return spread === 0 ? 0 : (hits * data.rows - dot(actual, predicted)) / Math.sqrt(spread);
  },
} satisfies Metric;
