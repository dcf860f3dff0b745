// Leaves out the outermost values, the same share on either side: 99.99 % keeps what lies between the 0.005th and the
// 99.995th percentile. Exact zeros count, for they are values too.

import type { CalibrationMethod, Range } from './definition.ts';
import { BINS_PER_SIDE, type Histogram } from './histogram.ts';
import type { Observed } from './observed.ts';

const DEFAULT_PERCENTILE = 99.99;

export default {
  name: 'percentile',
  summary: 'all but the outermost 0.01 %',
  needsHistogram: true,
  choose: (observed, options = {}) => choose(observed, options.percentile ?? DEFAULT_PERCENTILE),
} satisfies CalibrationMethod;

function choose({ min, max, histogram }: Observed, percentile: number): Range {
  if (!histogram || histogram.total === 0 || histogram.limit === 0) return { min, max };
  const outside = ((1 - percentile / 100) / 2) * histogram.total;
  return {
    min: Math.max(min, lowerEdge(histogram, outside)),
    max: Math.min(max, upperEdge(histogram, outside)),
  };
}

/** The lowest bin edge with at most `outside` elements below it; zeros lie between the two middle bins. */
function lowerEdge(histogram: Histogram, outside: number): number {
  const { counts, zeros, limit, width } = histogram;
  let below = 0;
  for (let i = 0; i < counts.length; i++) {
    if (i === BINS_PER_SIDE) {
      if (below + zeros > outside) return 0;
      below += zeros;
    }
    below += counts[i] as number;
    if (below > outside) return i * width - limit;
  }
  return limit;
}

function upperEdge(histogram: Histogram, outside: number): number {
  const { counts, zeros, limit, width } = histogram;
  let above = 0;
  for (let i = counts.length - 1; i >= 0; i--) {
    if (i === BINS_PER_SIDE - 1) {
      if (above + zeros > outside) return 0;
      above += zeros;
    }
    above += counts[i] as number;
    if (above > outside) return (i + 1) * width - limit;
  }
  return -limit;
}
