// The largest |truth - prediction| of any row and output.

import { type Metric, regressed } from './definition.ts';

export default {
  name: 'max_error',
  title: 'largest error',
  aliases: ['max_absolute_error'],
  tasks: ['regression'],
  needs: 'scores',
  isHigherBetter: false,
  compute(judged) {
    const { truth, predicted } = regressed(judged);
    return truth.reduce((most, value, at) => Math.max(most, Math.abs(value - (predicted[at] as number))), 0);
  },
} satisfies Metric;
