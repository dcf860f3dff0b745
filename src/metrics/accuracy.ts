// Share of rows whose predicted class is the true one.

import { classified, type Metric } from './definition.ts';
import { sumOf } from './sum.ts';

export default {
  name: 'accuracy',
  title: 'accuracy',
  aliases: ['acc', 'accuracy_score', 'binary_accuracy', 'categorical_accuracy'],
  tasks: ['binary', 'multiclass'],
  needs: 'labels',
  isHigherBetter: true,
  defaultRank: 1,
  compute(judged) {
    const { confusion, labels, rows } = classified(judged);
    return sumOf(labels.length, (index) => confusion[index * labels.length + index] as number) / rows;
  },
} satisfies Metric;
