// From the smallest to the largest value seen.

import type { CalibrationMethod } from './definition.ts';

export default {
  name: 'minmax',
  summary: 'everything seen',
  needsHistogram: false,
  choose: ({ min, max }) => ({ min, max }),
} satisfies CalibrationMethod;
