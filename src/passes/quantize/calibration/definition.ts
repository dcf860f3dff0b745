// What one way of choosing a quantization range says: from what a value was seen to hold to the range that gets codes.

import type { Observed } from './observed.ts';

export type Range = { readonly min: number; readonly max: number };

export type CalibrationMethod = {
  /** The word after `--calibration-method`. */
  readonly name: string;
  readonly summary: string;
  /** Whether `choose` looks at the histogram; observing without one is faster and takes less memory. */
  readonly needsHistogram: boolean;
  /** The range to give codes to: never wider than what was seen. */
  readonly choose: (observed: Observed, options?: RangeOptions) => Range;
};

export type RangeOptions = {
  /** Share of the values, in percent, that the range has to hold. */
  readonly percentile?: number;
};
