// One drift test: how far a current sample is from a reference sample of the same feature.
// A test measures; whether the distance is drift is decided in decide.ts, for all of them alike.

import type { Sample } from './sample.ts';

export type DriftTest = {
  /** What `--method` takes. */
  readonly name: string;
  readonly title: string;
  /** Kinds of feature it can measure. */
  readonly kinds: readonly Sample['kind'][];
  /** Whether `auto` runs it. */
  readonly auto: boolean;
  /**
   * The effect threshold that means as much as this PSI does. Thresholds of all tests hang on one dial, so that 0.1
   * means about the same shift whichever test looks: a normal feature's mean moved by a third of its standard deviation.
   */
  readonly fromPsi: (psi: number) => number;
  /** Pure: the same samples give the same numbers. Both samples have at least one value. */
  readonly compute: (reference: Sample, current: Sample) => DriftMeasure;
};

export type DriftMeasure = {
  readonly statistic: number;
  /** Probability of a statistic at least this large when both samples come from one distribution. */
  readonly pValue?: number;
  /**
   * The statistic's value at which an effect of `threshold` is reached at these sample sizes: the threshold plus what
   * sampling noise alone adds on average.
   */
  readonly limit: (threshold: number) => number;
  /** The bins, their shares or whatever else shows where the difference is. */
  readonly detail: Readonly<Record<string, unknown>>;
};
