// The one pass over the log. Memory does not grow with the number of records: counts, sketches and fixed-size samples.

import type { Context } from '../../context.ts';
import { errors } from '../../errors.ts';
import type { PredictionRecord } from '../../server/record.ts';
import type { Layout } from './layout.ts';
import { layoutOf } from './layout.ts';
import type { Outliers } from './outliers.ts';
import type { FeatureRange } from './reference-data.ts';
import { capacityFor, RowReservoir } from './reservoir.ts';
import { rowsOf } from './rows.ts';
import type { Settings } from './settings.ts';
import { QuantileSketch } from './sketch.ts';
import { Timeline } from './timeline.ts';
import { TopRows } from './top-rows.ts';

/** What is known of the reference when the first complete record has fixed the layout. */
export type Prepared = {
  readonly layout: Layout;
  readonly ranges: readonly FeatureRange[] | undefined;
  readonly outliers: Outliers | undefined;
};

export type Collected = {
  readonly model: string | undefined;
  /** Of the judged window; ms since 1970. */
  from: number;
  to: number;
  requests: number;
  rows: number;
  errors: number;
  summarisedRows: number;
  skippedLines: number;
  anomalies: number;
  readonly byStatus: Map<number, number>;
  readonly versions: Map<string, { from: number; requests: number }>;
  readonly otherModels: Map<string, number>;
  readonly latency: QuantileSketch;
  readonly timeline: Timeline;
  readonly top: TopRows;
  prepared: Prepared | undefined;
  /** Rows of the window, and of what came before it. */
  sample: RowReservoir | undefined;
  earlier: RowReservoir | undefined;
  /** By feature. */
  missing: Float64Array;
  outside: Float64Array;
  countedRows: number;
};

export type Log = AsyncIterable<PredictionRecord> & { readonly skipped: number };

/**
 * Reads the log once. `prepare` is called with the layout of the first complete record, so that ranges and outliers can be
 * counted exactly while reading. Records before `windowStart` are only sampled.
 */
export async function collect(
  log: Log,
  settings: Settings,
  windowStart: number,
  prepare: (layout: Layout) => Promise<Prepared>,
  context: Context,
): Promise<Collected> {
  const collected = empty(settings.name);
  let name = settings.name;
  let seen = 0;
  const step = context.progress.step('Reading the prediction log');
  for await (const record of log) {
    seen += 1;
    if (seen % 4096 === 0) {
      if (context.signal.aborted) throw errors.INTERRUPTED();
      step.update(seen);
    }
    name ??= record.model;
    if (record.model !== name) {
      collected.otherModels.set(record.model, (collected.otherModels.get(record.model) ?? 0) + 1);
      continue;
    }
    if (!collected.prepared) {
      const layout = layoutOf(record, settings.signature);
      if (layout) start(collected, await prepare(layout));
    }
    const time = Date.parse(record.time);
    if (time >= windowStart) countRequest(collected, record, time);
    sampleRows(collected, record, time, windowStart);
  }
  step.end();
  collected.skippedLines = log.skipped;
  return { ...collected, model: name };
}

function start(collected: Collected, prepared: Prepared): void {
  const width = prepared.layout.features.length;
  collected.prepared = prepared;
  collected.sample = new RowReservoir(width, capacityFor(width));
  collected.earlier = new RowReservoir(width, capacityFor(width));
  collected.missing = new Float64Array(width);
  collected.outside = new Float64Array(width);
}

function countRequest(collected: Collected, record: PredictionRecord, time: number): void {
  collected.from = Math.min(collected.from, time);
  collected.to = Math.max(collected.to, time);
  collected.requests += 1;
  collected.rows += Math.max(0, record.rows);
  collected.latency.add(record.latencyMs);
  const bucket = collected.timeline.at(time);
  bucket.requests += 1;
  bucket.rows += Math.max(0, record.rows);
  bucket.latency.add(record.latencyMs);
  if (record.status >= 400) {
    collected.errors += 1;
    bucket.errors += 1;
    collected.byStatus.set(record.status, (collected.byStatus.get(record.status) ?? 0) + 1);
  }
  if (record.version === undefined) return;
  const version = collected.versions.get(record.version);
  if (version) version.requests += 1;
  else collected.versions.set(record.version, { from: time, requests: 1 });
}

function sampleRows(collected: Collected, record: PredictionRecord, time: number, windowStart: number): void {
  const { prepared } = collected;
  if (!prepared || record.status >= 400) return;
  const { rows, summarised } = rowsOf(record, prepared.layout);
  if (time < windowStart) {
    for (const row of rows) collected.earlier?.offer(row, time);
    return;
  }
  collected.summarisedRows += summarised;
  for (const row of rows) {
    collected.countedRows += 1;
    collected.sample?.offer(row, time);
    countValues(collected, prepared, row);
    if (!prepared.outliers) continue;
    const score = prepared.outliers.score(row);
    if (score <= prepared.outliers.threshold) continue;
    collected.anomalies += 1;
    collected.timeline.at(time).anomalies += 1;
    collected.top.offer({ row, time, id: record.id, score });
  }
}

function countValues({ missing, outside }: Collected, { ranges, layout }: Prepared, row: Float64Array): void {
  for (let i = 0; i < row.length; i++) {
    const value = row[i] as number;
    if (Number.isNaN(value)) missing[i] = (missing[i] as number) + 1;
    else if (ranges && layout.features[i]?.role === 'input') {
      const range = ranges[i];
      if (range && (value < range.min || value > range.max)) outside[i] = (outside[i] as number) + 1;
    }
  }
}

function empty(model: string | undefined): Collected {
  return {
    model,
    from: Number.POSITIVE_INFINITY,
    to: Number.NEGATIVE_INFINITY,
    requests: 0,
    rows: 0,
    errors: 0,
    summarisedRows: 0,
    skippedLines: 0,
    anomalies: 0,
    byStatus: new Map(),
    versions: new Map(),
    otherModels: new Map(),
    latency: new QuantileSketch(),
    timeline: new Timeline(),
    top: new TopRows(10),
    prepared: undefined,
    sample: undefined,
    earlier: undefined,
    missing: new Float64Array(0),
    outside: new Float64Array(0),
    countedRows: 0,
  };
}
