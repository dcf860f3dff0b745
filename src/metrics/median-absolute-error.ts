// The median over the rows of |truth - prediction|, the mean of the outputs' own.

import { type Metric, regressed } from './definition.ts';
import { meanOf } from './residuals.ts';

export default {
  name: 'median_absolute_error',
  title: 'median absolute error',
  aliases: ['medae'],
  tasks: ['regression'],
  needs: 'scores',
  isHigherBetter: false,
  compute(judged) {
    const { truth, predicted, rows, outputs } = regressed(judged);
    const medians = Array.from({ length: outputs }, (_, output) => {
      const errors = new Float64Array(rows);
      for (let row = 0; row < rows; row++) {
        const at = row * outputs + output;
        errors[row] = Math.abs((truth[at] as number) - (predicted[at] as number));
      }
      errors.sort();
      const middle = rows >> 1;
      const upper = errors[middle] as number;
      return rows % 2 === 1 ? upper : ((errors[middle - 1] as number) + upper) / 2;
    });
    return meanOf(medians);
  },
} satisfies Metric;
