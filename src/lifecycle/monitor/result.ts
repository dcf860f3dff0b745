// What `mlctl monitor` finds out; `--json` prints it as it is. Times are ISO 8601 UTC, shares are between 0 and 1.

import type { DriftDecision } from '../../drift/decide.ts';

export type MonitorResult = {
  /** `empty`: no requests in the window. */
  readonly status: 'ok' | 'alert' | 'empty';
  readonly model: string | null;
  readonly log: string;
  readonly window: Window;
  readonly requests: number;
  readonly rows: number;
  /** Requests answered with status 400 or above. */
  readonly errors: number;
  readonly errorRate: number;
  readonly errorsByStatus: Readonly<Record<string, number>>;
  readonly latencyMs: Latency;
  readonly versions: readonly {
    readonly version: string;
    readonly from: string;
    readonly requests: number;
  }[];
  readonly throughput: readonly Throughput[];
  readonly reference: { readonly inputs: ReferenceSource; readonly predictions: ReferenceSource };
  readonly drift: readonly DriftRow[];
  readonly distributions: readonly Distribution[];
  readonly missing: readonly MissingRow[];
  readonly outOfRange: readonly OutOfRangeRow[];
  readonly anomalies: Anomalies;
  readonly alerts: readonly Alert[];
  /** Torn or unreadable lines of the log. */
  readonly skippedLines: number;
  /** Rows of arrays too large to be logged in full; they count as requests but not in drift. */
  readonly summarisedRows: number;
  /** Rows the drift statistics were computed on; all of them, or a uniform sample. */
  readonly sampledRows: number;
  /** What they are worth when rows that repeat others are counted once. */
  readonly independentRows: number;
};

export type Window = {
  readonly from: string | null;
  readonly to: string | null;
  readonly buckets: number;
  readonly bucketSeconds: number;
};

export type Latency = {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly mean: number | null;
  readonly max: number | null;
};

export type Throughput = {
  readonly from: string;
  readonly requests: number;
  readonly errors: number;
  readonly rows: number;
  readonly anomalies: number;
  readonly latencyMs: Pick<Latency, 'p50' | 'p95' | 'p99'>;
};

export type ReferenceSource = {
  /** `data`: a data file. `model`: the model run on it. `log`: the earlier part of the log. */
  readonly from: 'data' | 'model' | 'log' | 'none';
  readonly path: string | null;
  readonly digest: string | null;
  readonly rows: number;
  /** With `log`: the end of the part used. */
  readonly until: string | null;
  /** Why it is not something better. */
  readonly reason: string | null;
};

export type DriftRow = Omit<DriftDecision, 'detail'> & {
  readonly role: 'input' | 'prediction';
  /** Since when the feature differs, to the resolution of the sample; null when it has not drifted. */
  readonly since: string | null;
  /** Set when it has come back since. */
  readonly until: string | null;
  /**
   * Not drift of the window as a whole, but its newest stretch, of a day or longer, differs: since then. Shorter stretches
   * differ every night.
   */
  readonly lately: string | null;
};

/** Both samples over the same bins, as shares. */
export type Distribution = {
  readonly feature: string;
  readonly role: 'input' | 'prediction';
  readonly kind: 'number' | 'category';
  /** Range of the equal-width bins of numbers; values beyond are counted in the outer ones. */
  readonly from: number | null;
  readonly to: number | null;
  /** Of categories. */
  readonly labels: readonly string[] | null;
  readonly reference: readonly number[];
  readonly current: readonly number[];
  /** For numeric features that have drifted. */
  readonly course: Course | null;
};

export type Course = {
  /** 10 %, 50 % and 90 % quantile. */
  readonly reference: readonly [number, number, number];
  readonly points: readonly { readonly time: string; readonly median: number }[];
};

export type MissingRow = {
  readonly feature: string;
  readonly count: number;
  readonly share: number;
  readonly referenceShare: number | null;
};

export type OutOfRangeRow = {
  readonly feature: string;
  readonly count: number;
  readonly share: number;
  /** Of the reference; null for categories, where it counts values the reference never had. */
  readonly min: number | null;
  readonly max: number | null;
};

export type Anomalies = {
  /** Rows farther from the reference than `threshold`; null when there is no reference data to measure from. */
  readonly rows: number | null;
  readonly share: number | null;
  /** What unchanged data would show. */
  readonly expectedShare: number | null;
  readonly threshold: number | null;
  /** The farthest ones, farthest first. */
  readonly top: readonly AnomalousRow[];
  readonly spikes: readonly SpikeRow[];
};

export type AnomalousRow = {
  readonly time: string;
  readonly id: string;
  readonly score: number;
  readonly features: readonly { readonly feature: string; readonly value: number; readonly z: number }[];
};

export type SpikeRow = {
  readonly what: 'latency' | 'errors';
  readonly from: string;
  readonly to: string;
  readonly value: number;
  readonly usual: number;
};

export type Alert = {
  readonly when: 'drift' | 'errors' | 'latency' | 'missing' | 'out-of-range' | 'anomaly';
  /** What was measured, in the unit of `above`. */
  readonly value: number;
  readonly above: number;
  readonly message: string;
  readonly features: readonly string[];
  readonly since: string | null;
};
