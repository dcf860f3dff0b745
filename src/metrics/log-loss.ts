// Cross-entropy of the true classes under the model's probabilities, natural logarithm. Probabilities are kept
// within [ε, 1 - ε], ε being the resolution of the model's dtype (1.2e-7 for float32), then scaled to sum to 1.
// https://scikit-learn.org/stable/modules/generated/sklearn.metrics.log_loss.html

import { classified, type Judged, type Metric } from './definition.ts';
import { sumOf } from './sum.ts';

export default {
  name: 'log_loss',
  title: 'log loss',
  aliases: [
    'loss',
    'cross_entropy',
    'crossentropy',
    'binary_crossentropy',
    'categorical_crossentropy',
    'nll',
  ],
  tasks: ['binary', 'multiclass'],
  needs: 'scores',
  isHigherBetter: false,
  defaultRank: 5,
  missing: notProbabilities,
  compute(judged) {
    const { scores, truth, labels, rows } = classified(judged);
    if (scores === undefined) return Number.NaN;
    const { values, epsilon } = scores;
    const clip = (value: number) => Math.min(1 - epsilon, Math.max(epsilon, value));
    const total = sumOf(rows, (row) => {
      const start = row * labels.length;
      let norm = 0;
      for (let label = 0; label < labels.length; label++) norm += clip(values[start + label] as number);
      return -Math.log(clip(values[start + (truth[row] as number)] as number) / norm);
    });
    return total / rows;
  },
} satisfies Metric;

/** Says which row is not a probability distribution; rounding of a float16 or int8 softmax is let pass. */
export function notProbabilities(judged: Judged): string | undefined {
  const { scores, labels, rows } = classified(judged);
  if (scores === undefined) return undefined;
  for (let row = 0; row < rows; row++) {
    const values = scores.values.subarray(row * labels.length, (row + 1) * labels.length);
    const total = sumOf(values.length, (index) => values[index] as number);
    if (Math.abs(total - 1) > 0.05 || values.some((value) => value < -1e-3 || value > 1.001)) {
      return `the model's scores are not probabilities (row ${row} sums to ${Number(total.toPrecision(4))})`;
    }
  }
  return undefined;
}
