// Quantiles of a stream in bounded memory: exact while it is small, then buckets that grow by 1 %.
// Sketches of different time buckets or files merge without loss (the idea of DDSketch, Masson et al., VLDB 2019).

const mostExact = 512;
/** Ratio of neighbouring bucket edges: quantiles are right to ±0.5 %. */
const growth = 1.01;
const logGrowth = Math.log(growth);
/** Anything smaller counts as this; in milliseconds, a tenth of a microsecond. */
const smallest = 1e-4;

export class QuantileSketch {
  count = 0;
  sum = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  private exact: number[] | undefined = [];
  private readonly buckets = new Map<number, number>();

  add(value: number): void {
    if (!Number.isFinite(value)) return;
    this.count += 1;
    this.sum += value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    if (this.exact && this.exact.length < mostExact) this.exact.push(value);
    else this.addToBucket(value, 1);
  }

  merge(other: QuantileSketch): void {
    this.count += other.count;
    this.sum += other.sum;
    this.min = Math.min(this.min, other.min);
    this.max = Math.max(this.max, other.max);
    const isSmall = this.exact && other.exact && this.exact.length + other.exact.length <= mostExact;
    if (isSmall) {
      this.exact?.push(...(other.exact ?? []));
      return;
    }
    for (const value of other.exact ?? []) this.addToBucket(value, 1);
    for (const [index, count] of other.buckets)
      this.addToBucket((growth ** index + growth ** (index - 1)) / 2, count, index);
  }

  /** The value below which a share `q` of the stream lies; null for an empty one. */
  quantile(q: number): number | null {
    if (this.count === 0) return null;
    if (this.exact) return interpolated(this.exact, q);
    const rank = q * (this.count - 1);
    let seen = 0;
    for (const index of [...this.buckets.keys()].sort((a, b) => a - b)) {
      seen += this.buckets.get(index) ?? 0;
      if (seen > rank) {
        // The middle of the bucket in the sense of equal relative error.
        const middle = (2 * growth ** index) / (growth + 1);
        return Math.min(this.max, Math.max(this.min, middle));
      }
    }
    return this.max;
  }

  private addToBucket(value: number, count: number, known?: number): void {
    if (this.exact) {
      const values = this.exact;
      this.exact = undefined;
      for (const earlier of values) this.addToBucket(earlier, 1);
    }
    const index = known ?? Math.ceil(Math.log(Math.max(value, smallest)) / logGrowth);
    this.buckets.set(index, (this.buckets.get(index) ?? 0) + count);
  }
}

/** Linear interpolation between the two nearest ranks. */
function interpolated(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = q * (sorted.length - 1);
  const low = sorted[Math.floor(rank)] ?? 0;
  const high = sorted[Math.ceil(rank)] ?? low;
  return low + (high - low) * (rank - Math.floor(rank));
}
