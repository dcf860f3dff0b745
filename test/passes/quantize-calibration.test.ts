// Ranges against direct formulas: sorted arrays for percentiles, the divergence spelled out for entropy.

import { describe, expect, it } from 'vitest';
import { bestLength } from '../../src/passes/quantize/calibration/entropy.ts';
import { BINS_PER_SIDE } from '../../src/passes/quantize/calibration/histogram.ts';
import { calibrationMethods } from '../../src/passes/quantize/calibration/index.ts';
import { type Observed, Observer } from '../../src/passes/quantize/calibration/observed.ts';

function observe(...batches: ArrayLike<number>[]): Observed {
  const observer = new Observer({ histogram: true });
  for (const batch of batches) observer.add(batch);
  return observer.observed;
}

function choose(name: string, observed: Observed, percentile?: number) {
  const method = calibrationMethods.find((candidate) => candidate.name === name);
  if (!method) throw new Error(`no method ${name}`);
  return method.choose(observed, percentile === undefined ? {} : { percentile });
}

/** Normal numbers, the same each time (mulberry32 and Box-Muller). */
function normal(count: number, seed: number, scale = 1): Float64Array {
  let state = seed;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (((t ^ (t >>> 14)) >>> 0) + 1) / (2 ** 32 + 1);
  };
  return Float64Array.from(
    { length: count },
    () => scale * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
}

describe('observer', () => {
  it('sums up finite elements and counts the others', () => {
    const seen = observe([1, -3, Number.NaN], [0, Number.POSITIVE_INFINITY, 2, Number.NEGATIVE_INFINITY]);
    expect(seen).toMatchObject({ min: -3, max: 2, absMax: 3, count: 7, nan: 1, infinite: 2 });
    expect(seen.histogram?.total).toBe(4);
    expect(seen.histogram?.zeros).toBe(1);
  });

  it('has no range for a value without a finite element', () => {
    expect(observe([Number.NaN])).toMatchObject({ min: 0, max: 0, absMax: 0, count: 1 });
  });

  it('counts the same whatever the order and the batches', () => {
    const values = normal(5000, 1, 3);
    const whole = observe(values, [40]);
    const parts = observe([40], values.subarray(0, 7).slice(), values.subarray(7));
    const backwards = observe(Float64Array.from(values).reverse(), [40]);
    expect(parts.histogram?.limit).toBe(64);
    expect([...(parts.histogram?.counts ?? [])]).toEqual([...(whole.histogram?.counts ?? [])]);
    expect([...(backwards.histogram?.counts ?? [])]).toEqual([...(whole.histogram?.counts ?? [])]);
  });

  it('puts each element in the bin that holds it, after growing too', () => {
    const values = [-8, -3.3, -0.001, 0.001, 0.7, 5, 8];
    const { histogram } = observe(
      [0.7, 0.001],
      values.filter((value) => value !== 0.7 && value !== 0.001),
    );
    const width = 8 / BINS_PER_SIDE;
    expect(histogram?.limit).toBe(8);
    for (const value of values) {
      const at = Math.min(2 * BINS_PER_SIDE - 1, Math.floor(value / width) + BINS_PER_SIDE);
      expect(histogram?.counts[at], String(value)).toBe(1);
    }
  });
});

describe('minmax', () => {
  it('is everything seen', () => {
    expect(choose('minmax', observe([-1, 4], [2]))).toEqual({ min: -1, max: 4 });
  });
});

describe('percentile', () => {
  it.each([99.99, 99, 90, 50])('%f is within a bin of the sorted values', (percentile) => {
    const values = normal(20000, 7, 2);
    const sorted = Float64Array.from(values).sort();
    const seen = observe(values);
    const width = seen.histogram?.width ?? 0;
    const outside = Math.floor(((1 - percentile / 100) / 2) * values.length);
    const { min, max } = choose('percentile', seen, percentile);
    expect(Math.abs(min - (sorted[outside] ?? 0))).toBeLessThanOrEqual(width);
    expect(Math.abs(max - (sorted[values.length - 1 - outside] ?? 0))).toBeLessThanOrEqual(width);
  });

  it('counts zeros: of a value that is nearly always zero, little is left', () => {
    const values = new Float64Array(10000);
    values[0] = 5;
    expect(choose('percentile', observe(values), 99)).toEqual({ min: 0, max: 0 });
    expect(choose('percentile', observe(values), 100)).toEqual({ min: 0, max: 5 });
  });

  it('is never wider than what was seen', () => {
    expect(choose('percentile', observe([0.3, 0.31]))).toEqual({ min: 0.3, max: 0.31 });
  });
});

describe('entropy', () => {
  it('finds the length with the least divergence, spelled out as in the slides', () => {
    const { histogram } = observe(normal(30000, 3), [30]);
    const bins = new Float64Array(BINS_PER_SIDE);
    for (let i = 0; i < BINS_PER_SIDE; i++) {
      bins[i] = (histogram?.counts[BINS_PER_SIDE + i] ?? 0) + (histogram?.counts[BINS_PER_SIDE - 1 - i] ?? 0);
    }
    const used = bins.subarray(0, Math.ceil(30 / (32 / BINS_PER_SIDE)));
    const step = Math.floor((used.length - 128) / 240);
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let length = used.length; length >= 128; length -= step) {
      const found = slides([...used], length, 128);
      if (found < least) [least, best] = [found, length];
    }
    expect(bestLength(used, 128)).toBe(best);
    expect(best).toBeLessThan(used.length);
  });

  it('cuts lone outliers off, and keeps an even spread whole', () => {
    const cut = choose('entropy', observe(normal(100000, 5), [100, -100]));
    expect(cut.max).toBeLessThan(12);
    expect(cut.max).toBeGreaterThan(2.5);
    expect(cut.min).toBe(-cut.max);
    const even = Float64Array.from({ length: 40000 }, (_, i) => (i % 1000) / 1000 - 0.4995);
    const whole = choose('entropy', observe(even));
    expect(whole.max).toBeGreaterThan(0.45);
  });

  it('gives a value with one sign a range with one sign', () => {
    const relu = normal(50000, 9).map((value) => Math.max(0, value));
    const { min, max } = choose('entropy', observe(relu));
    expect(min).toBe(0);
    expect(max).toBeGreaterThan(2);
  });

  it('cuts nothing off where there are too few values to tell', () => {
    // 120 numbers, as a classifier gives for 60 rows: nearly every bin that is not empty holds one.
    const { min, max } = choose('entropy', observe(normal(120, 4)));
    expect([min, max]).toEqual([Math.min(...normal(120, 4)), Math.max(...normal(120, 4))]);
  });

  it('survives nothing but zeros', () => {
    expect(choose('entropy', observe([0, 0]))).toEqual({ min: 0, max: 0 });
  });
});

/** P and Q as whole arrays, then Σ P log(P / Q). */
function slides(bins: number[], length: number, levels: number): number {
  const sum = (list: number[]) => list.reduce((total, each) => total + each, 0);
  const reference = bins.slice(0, length);
  reference[length - 1] = (reference[length - 1] ?? 0) + sum(bins.slice(length));
  const expanded = Array.from({ length }, () => 0);
  for (let level = 0; level < levels; level++) {
    const start = Math.floor((level * length) / levels);
    const part = bins.slice(start, Math.floor(((level + 1) * length) / levels));
    const filled = part.filter((count) => count > 0).length;
    for (const [i, count] of part.entries()) if (count > 0) expanded[start + i] = sum(part) / filled;
  }
  const [p, q] = [sum(reference), sum(expanded)];
  return sum(
    reference.map((count, i) => {
      if (count === 0) return 0;
      return (count / p) * Math.log(count / p / ((expanded[i] || 1) / q));
    }),
  );
}
