// Share of rows whose true class is among the k highest scores; of equal scores the later class ranks higher.
// https://scikit-learn.org/stable/modules/generated/sklearn.metrics.top_k_accuracy_score.html

import { classified, type Metric } from './definition.ts';

export default {
  name: 'top_k_accuracy',
  title: 'top-k accuracy',
  aliases: ['top_k', 'top_k_categorical_accuracy'],
  tasks: ['multiclass'],
  needs: 'scores',
  isHigherBetter: true,
  parameter: { pattern: /^top_?(\d{1,6})(?:_accuracy)?$/, fallback: 5 },
  compute(judged, { parameter = 5 }, warn) {
    const { scores, truth, labels, rows } = classified(judged);
    if (scores === undefined) return Number.NaN;
    if (parameter >= labels.length) {
      warn(`top-${parameter} accuracy says nothing with ${labels.length} classes`);
    }
    let hits = 0;
    for (let row = 0; row < rows; row++) {
      const start = row * labels.length;
      const own = truth[row] as number;
      const score = scores.values[start + own] as number;
      let above = 0;
      for (let label = 0; label < labels.length; label++) {
        const other = scores.values[start + label] as number;
        if (other > score || (other === score && label > own)) above++;
      }
      if (above < parameter) hits++;
    }
    return hits / rows;
  },
} satisfies Metric;
