// Shares of bins, floored: a logarithm needs every bin to have some mass on both sides.

import type { Binned } from './bins.ts';

export type Shares = {
  readonly reference: Float64Array;
  readonly current: Float64Array;
  readonly noise: number;
  /** Bins with mass on at least one side, less one. */
  readonly degrees: number;
};

export function sharesOf(binned: Binned): Shares {
  const m = total(binned.reference);
  const n = total(binned.current);
  let used = 0;
  for (let i = 0; i < binned.labels.length; i++) {
    if ((binned.reference[i] ?? 0) + (binned.current[i] ?? 0) > 0) used += 1;
  }
  return {
    reference: binned.reference.map((count) => count / m),
    current: binned.current.map((count) => count / n),
    noise: binned.noise,
    degrees: Math.max(0, used - 1),
  };
}

/**
 * Half a row, and at least 1e-4. A fixed 1e-4 makes an empty bin of a small sample count as much as a real shift:
 * with 60 rows, one of ten bins is empty by chance in 2 % of samples and would add 0.7 to PSI.
 */
export function floorFor(size: number): number {
  return Math.max(1e-4, 0.5 / size);
}

function total(counts: Float64Array): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}
