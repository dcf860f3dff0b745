// Requests over time in at most 150 buckets, whatever the log's span: when there are too many, neighbours are merged.

import { QuantileSketch } from './sketch.ts';

export type Bucket = {
  /** Start, ms since 1970. */
  readonly from: number;
  requests: number;
  errors: number;
  rows: number;
  anomalies: number;
  readonly latency: QuantileSketch;
};

const mostBuckets = 150;
const widths = [
  ...[10, 50, 100, 500],
  ...[1, 5, 10, 30, 60, 300, 600, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 604_800].map((s) => s * 1000),
];

export class Timeline {
  private step = 0;
  private buckets = new Map<number, Bucket>();
  private first = Number.POSITIVE_INFINITY;
  private last = Number.NEGATIVE_INFINITY;

  /** Width of a bucket in ms. Each width is a multiple of the one before, so that buckets can be merged. */
  get width(): number {
    const known = widths[this.step];
    return known ?? 604_800_000 * 2 ** (this.step - widths.length + 1);
  }

  /** The bucket of a time, made when it is not there yet. */
  at(time: number): Bucket {
    let key = Math.floor(time / this.width);
    const found = this.buckets.get(key);
    if (found) return found;
    this.first = Math.min(this.first, key);
    this.last = Math.max(this.last, key);
    while (this.last - this.first >= mostBuckets) {
      this.widen();
      key = Math.floor(time / this.width);
      this.first = Math.min(this.first, key);
      this.last = Math.max(this.last, key);
    }
    const bucket = this.buckets.get(key) ?? empty(key * this.width);
    this.buckets.set(key, bucket);
    return bucket;
  }

  /** All buckets in order of time, those without requests included. */
  list(): Bucket[] {
    if (this.buckets.size === 0) return [];
    const list: Bucket[] = [];
    for (let key = this.first; key <= this.last; key++) {
      list.push(this.buckets.get(key) ?? empty(key * this.width));
    }
    return list;
  }

  private widen(): void {
    this.step += 1;
    const merged = new Map<number, Bucket>();
    for (const bucket of this.buckets.values()) {
      const key = Math.floor(bucket.from / this.width);
      const into = merged.get(key) ?? empty(key * this.width);
      into.requests += bucket.requests;
      into.errors += bucket.errors;
      into.rows += bucket.rows;
      into.anomalies += bucket.anomalies;
      into.latency.merge(bucket.latency);
      merged.set(key, into);
    }
    this.buckets = merged;
    const keys = [...merged.keys()];
    this.first = Math.min(...keys, Number.POSITIVE_INFINITY);
    this.last = Math.max(...keys, Number.NEGATIVE_INFINITY);
  }
}

function empty(from: number): Bucket {
  return { from, requests: 0, errors: 0, rows: 0, anomalies: 0, latency: new QuantileSketch() };
}
