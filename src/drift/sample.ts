// A sample of one feature, in the shape the tests need: numbers sorted once, categories counted.

export type Sample = NumberSample | CategorySample;

export type NumberSample = {
  readonly kind: 'number';
  /** Finite, ascending. */
  readonly sorted: Float64Array;
  /** Share of the values that are independent of the others. */
  readonly independent: number;
};

export type CategorySample = {
  readonly kind: 'category';
  readonly counts: ReadonlyMap<string, number>;
  readonly size: number;
  readonly independent: number;
};

/** Drops what is not finite (missing values are counted elsewhere) and sorts. */
export function numberSample(values: Iterable<number>, independent = 1): NumberSample {
  const finite: number[] = [];
  for (const value of values) if (Number.isFinite(value)) finite.push(value);
  return { kind: 'number', sorted: Float64Array.from(finite).sort(), independent };
}

export function categorySample(values: Iterable<string>, independent = 1): CategorySample {
  const counts = new Map<string, number>();
  let size = 0;
  for (const value of values) {
    counts.set(value, (counts.get(value) ?? 0) + 1);
    size += 1;
  }
  return { kind: 'category', counts, size, independent };
}

/** Independent values: what noise and significance depend on. */
export function sampleSize(sample: Sample): number {
  const size = sample.kind === 'number' ? sample.sorted.length : sample.size;
  return Math.round(size * sample.independent);
}
