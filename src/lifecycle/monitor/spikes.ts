// Time buckets that stand out from the others of the same window: in latency or in the share of errors.
// Median and median absolute deviation, which the spikes themselves hardly move.

import type { Bucket } from './timeline.ts';

export type Spike = {
  readonly what: 'latency' | 'errors';
  /** ms since 1970. */
  readonly from: number;
  readonly to: number;
  /** p95 in ms, or the share of requests that failed. */
  readonly value: number;
  /** The median of all buckets. */
  readonly usual: number;
};

const fewestBuckets = 6;
/** Below a second a pause of the garbage collector would be a spike. */
const narrowestMs = 1000;
const fewestRequests = 20;
const deviations = 6;
/** MAD × this estimates a normal's standard deviation. */
const madToStd = 1.4826;

/** Neighbouring buckets of one kind are one spike, with the worst of their values. */
export function findSpikes(buckets: readonly Bucket[], width: number): Spike[] {
  const busy = buckets.filter(({ requests }) => requests >= fewestRequests);
  if (busy.length < fewestBuckets || width < narrowestMs) return [];
  const latency = (bucket: Bucket) => bucket.latency.quantile(0.95) ?? 0;
  const errors = (bucket: Bucket) => bucket.errors / bucket.requests;
  return [
    // A spike one would be paged for: at least double the usual, and more than a tick of the clock.
    ...spikesOf(busy, width, 'latency', latency, (usual) => Math.max(usual, 1)),
    ...spikesOf(busy, width, 'errors', errors, () => 0.05),
  ].sort((a, b) => a.from - b.from);
}

function spikesOf(
  buckets: readonly Bucket[],
  width: number,
  what: Spike['what'],
  measure: (bucket: Bucket) => number,
  leastExcess: (usual: number) => number,
): Spike[] {
  const values = buckets.map(measure);
  const usual = median(values);
  const mad = median(values.map((value) => Math.abs(value - usual)));
  const limit = usual + Math.max(deviations * madToStd * mad, leastExcess(usual));
  const spikes: Spike[] = [];
  buckets.forEach((bucket, index) => {
    const value = values[index] ?? 0;
    if (!(value > limit)) return;
    const last = spikes[spikes.length - 1];
    if (last && last.to === bucket.from) {
      spikes[spikes.length - 1] = { ...last, to: bucket.from + width, value: Math.max(last.value, value) };
    } else spikes.push({ what, from: bucket.from, to: bucket.from + width, value, usual });
  });
  return spikes;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
