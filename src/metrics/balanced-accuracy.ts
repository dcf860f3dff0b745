// Mean of the recalls of the classes that occur among the true values.
// https://scikit-learn.org/stable/modules/generated/sklearn.metrics.balanced_accuracy_score.html

import { classCounts, support } from './confusion.ts';
import { classified, type Metric } from './definition.ts';
import { recallOf } from './recall.ts';
import { sum } from './sum.ts';

export default {
  name: 'balanced_accuracy',
  title: 'balanced accuracy',
  aliases: ['balanced_accuracy_score', 'bacc'],
  tasks: ['binary', 'multiclass'],
  needs: 'labels',
  isHigherBetter: true,
  compute(judged) {
    const recalls = classCounts(classified(judged))
      .filter((counts) => support(counts) > 0)
      .map(recallOf);
    return sum(recalls) / recalls.length;
  },
} satisfies Metric;
