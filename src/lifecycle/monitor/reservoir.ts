// A uniform random sample of rows in fixed memory (Vitter 1985, algorithm R), seeded: the same log gives the same sample.

export class RowReservoir {
  readonly width: number;
  readonly capacity: number;
  /** Rows offered so far. */
  offered = 0;
  private values: Float64Array;
  private times: Float64Array;
  private readonly random: () => number;

  constructor(width: number, capacity: number) {
    this.width = width;
    this.capacity = capacity;
    const first = Math.min(capacity, 256);
    this.values = new Float64Array(first * width);
    this.times = new Float64Array(first);
    this.random = seeded(0x6d6c6374);
  }

  get size(): number {
    return Math.min(this.offered, this.capacity);
  }

  /** Copies the row when it is chosen. */
  offer(row: Float64Array, time: number): void {
    this.offered += 1;
    let place = this.offered - 1;
    if (place >= this.capacity) {
      place = Math.floor(this.random() * this.offered);
      if (place >= this.capacity) return;
    }
    this.grow(place);
    this.values.set(row, place * this.width);
    this.times[place] = time;
  }

  /** The sample in order of time. */
  rows(): SampledRows {
    const order = Array.from({ length: this.size }, (_, i) => i).sort(
      (a, b) => (this.times[a] ?? 0) - (this.times[b] ?? 0),
    );
    const values = new Float64Array(this.size * this.width);
    const times = new Float64Array(this.size);
    order.forEach((from, to) => {
      values.set(this.values.subarray(from * this.width, (from + 1) * this.width), to * this.width);
      times[to] = this.times[from] ?? 0;
    });
    return { width: this.width, count: this.size, values, times };
  }

  private grow(place: number): void {
    if (place < this.times.length) return;
    const length = Math.min(this.capacity, this.times.length * 2);
    const values = new Float64Array(length * this.width);
    values.set(this.values);
    const times = new Float64Array(length);
    times.set(this.times);
    this.values = values;
    this.times = times;
  }
}

/** Row-major. */
export type SampledRows = {
  readonly width: number;
  readonly count: number;
  readonly values: Float64Array;
  /** ms since 1970, one per row. */
  readonly times: Float64Array;
};

/** One feature of the rows from `first` on, up to but not including `end`. */
export function columnOf(rows: SampledRows, feature: number, first = 0, end = rows.count): Float64Array {
  const column = new Float64Array(Math.max(0, end - first));
  for (let row = first; row < end; row++) column[row - first] = rows.values[row * rows.width + feature] ?? 0;
  return column;
}

/** How many rows of this width to keep: 16 MB of numbers, never more than the exact tests can take. */
export function capacityFor(width: number): number {
  return Math.max(200, Math.min(10_000, Math.floor(2_000_000 / Math.max(1, width))));
}

/** Uniform in [0, 1): the splitmix32 mixing of a counter. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 4294967296;
  };
}
