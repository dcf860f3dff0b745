// Histograms that cost a few additions per request: prom-client hashes labels on every observation, so it only gets to see the
// sums when it is scraped.

import { Histogram, type MetricObjectWithValues, type MetricValueWithName } from 'prom-client';

/** Counts of values by bucket. */
export class Tally {
  readonly bounds: readonly number[];
  /** One more than there are bounds: the last one counts what is above them all. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  add(value: number): void {
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket++;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sum += value;
  }
}

export type Tallied = { readonly labels: Readonly<Record<string, string>>; readonly tally: Tally };

/** A prom-client histogram whose values come from tallies at the time of the scrape. */
export class TallyHistogram extends Histogram {
  readonly #name: string;
  readonly #help: string;
  readonly #collect: () => readonly Tallied[];

  constructor(name: string, help: string, bounds: readonly number[], collect: () => readonly Tallied[]) {
    super({ name, help, buckets: [...bounds], registers: [] });
    this.#name = name;
    this.#help = help;
    this.#collect = collect;
  }

  override async get(): Promise<MetricObjectWithValues<MetricValueWithName<string>>> {
    const values: MetricValueWithName<string>[] = [];
    for (const { labels, tally } of this.#collect()) {
      let count = 0;
      tally.counts.forEach((inBucket, index) => {
        count += inBucket;
        const le = tally.bounds[index] ?? '+Inf';
        values.push({ metricName: `${this.#name}_bucket`, labels: { ...labels, le }, value: count });
      });
      values.push({ metricName: `${this.#name}_sum`, labels: { ...labels }, value: tally.sum });
      values.push({ metricName: `${this.#name}_count`, labels: { ...labels }, value: count });
    }
    return {
      name: this.#name,
      help: this.#help,
      type: 'histogram' as never,
      values,
      aggregator: 'sum',
      collect() {},
    };
  }

  /** What prom-client prefers when it prints. */
  getForPromString(): ReturnType<TallyHistogram['get']> {
    return this.get();
  }
}
