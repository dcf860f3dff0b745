// A histogram whose range is not known beforehand: symmetric about zero, it grows by doubling, and since every old
// bin then lies inside one new bin, counts stay exact. The order in which values arrive changes nothing.

/** Bins on either side of zero; even, so that doubling merges pairs. */
export const BINS_PER_SIDE = 2048;

export class Histogram {
  /** The bins cover −limit … limit; a power of two, 0 while nothing but zeros was added. */
  limit = 0;
  /** Elements per bin, from the most negative; exact zeros are in `zeros` instead. */
  readonly counts = new Float64Array(2 * BINS_PER_SIDE);
  /** Every scale and zero point represents zero exactly, so what ranges are chosen by leaves them out. */
  zeros = 0;
  total = 0;

  /** `absMax` is the largest magnitude in `values`; elements that are not finite are passed over. */
  add(values: ArrayLike<number>, absMax: number): void {
    this.#grow(absMax);
    const { counts } = this;
    const perUnit = this.limit > 0 ? BINS_PER_SIDE / this.limit : 0;
    const last = 2 * BINS_PER_SIDE - 1;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (value === 0) {
        this.zeros++;
        this.total++;
        continue;
      }
      const at = Math.floor(value * perUnit) + BINS_PER_SIDE;
      // Not finite: NaN fails both comparisons.
      if (!(at >= 0 && value <= this.limit)) continue;
      counts[at > last ? last : at] = (counts[at > last ? last : at] as number) + 1;
      this.total++;
    }
  }

  /** Width of a bin. */
  get width(): number {
    return this.limit / BINS_PER_SIDE;
  }

  #grow(absMax: number): void {
    if (!(absMax > this.limit)) return;
    if (this.limit === 0) {
      this.limit = 2 ** Math.ceil(Math.log2(absMax));
      // log2 of a number just above a power of two may round down to it.
      if (this.limit < absMax) this.limit *= 2;
      return;
    }
    while (this.limit < absMax) {
      this.limit *= 2;
      this.#merge();
    }
  }

  #merge(): void {
    const { counts } = this;
    const merged = new Float64Array(counts.length);
    const half = BINS_PER_SIDE / 2;
    for (let i = 0; i < counts.length; i++) {
      const at = half + (i >> 1);
      merged[at] = (merged[at] as number) + (counts[i] as number);
    }
    counts.set(merged);
  }
}
