// Rows far from the reference: Mahalanobis distance on standardised input features, with a threshold that 99.9 % of
// the reference stays below. https://en.wikipedia.org/wiki/Mahalanobis_distance

import { chi2Tail } from '../../drift/chi2.ts';
import type { Layout } from './layout.ts';
import type { SampledRows } from './reservoir.ts';

export type Outliers = {
  readonly threshold: number;
  /** Share of unchanged rows expected above the threshold. */
  readonly expectedShare: number;
  /** Distance of a row; features that are missing count as the mean. */
  score(row: Float64Array): number;
  /** The features of a row that are farthest out, in standard deviations. */
  farthest(row: Float64Array, count: number): { feature: number; value: number; z: number }[];
};

const expectedShare = 0.001;
/** Above this many features the covariance is left out: the cost per row is quadratic. */
const mostCovariates = 32;
const fewestRows = 50;
/** Pulls the correlation matrix towards the identity, so that dependent features stay invertible. */
const shrinkage = 0.05;

/** undefined when the reference has too few rows or no numeric input that varies. */
export function fitOutliers(reference: SampledRows, layout: Layout): Outliers | undefined {
  if (reference.count < fewestRows) return undefined;
  const columns = layout.features
    .map((feature, index) => ({ feature, index }))
    .filter(({ feature }) => feature.role === 'input' && !feature.dictionary)
    .map(({ index }) => ({ index, ...momentsOf(reference, index) }))
    .filter(({ std }) => std > 0);
  if (columns.length === 0) return undefined;
  const factor = columns.length <= mostCovariates ? cholesky(correlations(reference, columns)) : undefined;
  const z = new Float64Array(columns.length);
  const standardise = (row: Float64Array) => {
    columns.forEach(({ index, mean, std }, i) => {
      const value = row[index] ?? Number.NaN;
      // Infinity is as far out as anything can be, but must not turn the distance into NaN.
      z[i] = Number.isNaN(value) ? 0 : Math.max(-1e6, Math.min(1e6, (value - mean) / std));
    });
  };
  const score = (row: Float64Array) => {
    standardise(row);
    return Math.sqrt(factor ? solvedLength(factor, z) : z.reduce((sum, value) => sum + value * value, 0));
  };
  const squared = Float64Array.from({ length: reference.count }, (_, row) => {
    const distance = score(reference.values.subarray(row * reference.width, (row + 1) * reference.width));
    return distance * distance;
  }).sort();
  return {
    threshold: Math.sqrt(calibrated(squared, columns.length)),
    expectedShare,
    score,
    farthest(row, count) {
      standardise(row);
      return columns
        .map(({ index }, i) => ({ feature: index, value: row[index] ?? Number.NaN, z: z[i] ?? 0 }))
        .sort((a, b) => Math.abs(b.z) - Math.abs(a.z))
        .slice(0, count);
    },
  };
}

/**
 * The reference's 99.9 % quantile. Under 1000 rows that is its largest value and too low for new rows, so it is at least
 * a χ² tail put through the reference's 90 % quantile. Distances to a mean fitted on the same rows are too short by
 * about (m + 1) / (m - d - 2), which is put back.
 */
function calibrated(squared: Float64Array, degrees: number): number {
  const m = squared.length;
  const at = (share: number) => squared[Math.min(m - 1, Math.ceil(share * m) - 1)] ?? 0;
  const bias = m > degrees + 12 ? (m + 1) / (m - degrees - 2) : 2;
  const empirical = at(1 - expectedShare);
  if (m >= 1000) return empirical * bias;
  const extrapolated = (at(0.9) / chi2Quantile(0.1, degrees)) * chi2Quantile(expectedShare, degrees);
  return Math.max(empirical, extrapolated) * bias;
}

/** x with P(χ² ≥ x) = tail, by bisection. */
function chi2Quantile(tail: number, degrees: number): number {
  let low = 0;
  let high = degrees + 20;
  while (chi2Tail(high, degrees) > tail) high *= 2;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (chi2Tail(middle, degrees) > tail) low = middle;
    else high = middle;
  }
  return high;
}

type Moments = { readonly index: number; readonly mean: number; readonly std: number };

function momentsOf({ values, width, count }: SampledRows, index: number): Omit<Moments, 'index'> {
  let n = 0;
  let mean = 0;
  let sum = 0;
  for (let row = 0; row < count; row++) {
    const value = values[row * width + index] ?? Number.NaN;
    if (!Number.isFinite(value)) continue;
    n += 1;
    const delta = value - mean;
    mean += delta / n;
    sum += delta * (value - mean);
  }
  const std = n > 1 ? Math.sqrt(sum / (n - 1)) : 0;
  // Rounding of a constant column is not variation.
  return { mean, std: std > Math.abs(mean) * 1e-12 ? std : 0 };
}

function correlations({ values, width, count }: SampledRows, columns: readonly Moments[]): Float64Array[] {
  const d = columns.length;
  const matrix = Array.from({ length: d }, () => new Float64Array(d));
  const z = new Float64Array(d);
  for (let row = 0; row < count; row++) {
    columns.forEach(({ index, mean, std }, i) => {
      const value = values[row * width + index] ?? Number.NaN;
      z[i] = Number.isFinite(value) ? (value - mean) / std : 0;
    });
    for (let i = 0; i < d; i++) {
      const line = matrix[i] as Float64Array;
      for (let j = 0; j <= i; j++) line[j] = (line[j] ?? 0) + (z[i] as number) * (z[j] as number);
    }
  }
  for (let i = 0; i < d; i++) {
    const line = matrix[i] as Float64Array;
    for (let j = 0; j < i; j++) line[j] = ((line[j] ?? 0) / Math.max(1, count - 1)) * (1 - shrinkage);
    line[i] = 1;
  }
  return matrix;
}

/** Lower triangle L with L Lᵀ = matrix, in place. */
function cholesky(matrix: Float64Array[]): Float64Array[] {
  matrix.forEach((line, i) => {
    for (let j = 0; j <= i; j++) {
      const other = matrix[j] as Float64Array;
      let sum = line[j] ?? 0;
      for (let k = 0; k < j; k++) sum -= (line[k] as number) * (other[k] as number);
      line[j] = i === j ? Math.sqrt(Math.max(sum, 1e-9)) : sum / (other[j] as number);
    }
  });
  return matrix;
}

/** zᵀ (L Lᵀ)⁻¹ z, by forward substitution; z is overwritten. */
function solvedLength(factor: readonly Float64Array[], z: Float64Array): number {
  let length = 0;
  factor.forEach((line, i) => {
    let value = z[i] as number;
    for (let k = 0; k < i; k++) value -= (line[k] as number) * (z[k] as number);
    value /= line[i] as number;
    z[i] = value;
    length += value * value;
  });
  return length;
}
