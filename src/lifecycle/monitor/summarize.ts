// From what the pass collected to the result.

import { drift as tests } from '../../drift/index.ts';
import type { Collected } from './collect.ts';
import { distributionsOf } from './distributions.ts';
import { driftOfFeatures, withRepeats } from './drift-features.ts';
import type { Layout } from './layout.ts';
import type { Reference } from './reference.ts';
import type { RowReservoir, SampledRows } from './reservoir.ts';
import type {
  Anomalies,
  Distribution,
  DriftRow,
  Latency,
  MissingRow,
  MonitorResult,
  OutOfRangeRow,
  ReferenceSource,
  Throughput,
} from './result.ts';
import type { Settings } from './settings.ts';
import type { QuantileSketch } from './sketch.ts';
import { findSpikes } from './spikes.ts';

export type Facts = Omit<MonitorResult, 'alerts' | 'status'>;

export async function summarize(
  collected: Collected,
  reference: Reference,
  settings: Settings,
): Promise<Facts> {
  const buckets = collected.timeline.list();
  const width = collected.timeline.width;
  const rows = rowsIn(collected.sample);
  const { drift, distributions, repeats, sources } = compareAll(collected, rows, reference, settings);
  return {
    model: collected.model ?? null,
    log: settings.log,
    window: {
      from: iso(collected.from),
      to: iso(collected.to),
      buckets: buckets.length,
      bucketSeconds: width / 1000,
    },
    requests: collected.requests,
    rows: collected.rows,
    errors: collected.errors,
    errorRate: collected.requests === 0 ? 0 : collected.errors / collected.requests,
    errorsByStatus: Object.fromEntries([...collected.byStatus].sort(([a], [b]) => a - b)),
    latencyMs: latencyOf(collected.latency),
    versions: [...collected.versions].map(([version, { from, requests }]) => ({
      version,
      from: new Date(from).toISOString(),
      requests,
    })),
    throughput: buckets.map(
      (bucket): Throughput => ({
        from: new Date(bucket.from).toISOString(),
        requests: bucket.requests,
        errors: bucket.errors,
        rows: bucket.rows,
        anomalies: bucket.anomalies,
        latencyMs: quantilesOf(bucket.latency),
      }),
    ),
    reference: sources,
    drift,
    distributions,
    missing: missingRows(collected),
    outOfRange: outOfRangeRows(collected),
    anomalies: anomaliesOf(collected, buckets, width),
    skippedLines: collected.skippedLines,
    summarisedRows: collected.summarisedRows,
    sampledRows: rows.count,
    independentRows: Math.round(rows.count * repeats),
  };
}

const nothing: ReferenceSource = {
  from: 'none',
  path: null,
  digest: null,
  rows: 0,
  until: null,
  reason: 'no request has been answered',
};

function compareAll(
  collected: Collected,
  rows: SampledRows,
  reference: Reference,
  settings: Settings,
): {
  drift: DriftRow[];
  distributions: Distribution[];
  repeats: number;
  sources: MonitorResult['reference'];
} {
  const layout: Layout | undefined = collected.prepared?.layout;
  if (!layout)
    return { drift: [], distributions: [], repeats: 1, sources: { inputs: nothing, predictions: nothing } };
  const earlier = rowsIn(collected.earlier);
  const hasWindow = settings.windowMs !== undefined;
  const input = reference.compare('input', rows, earlier, hasWindow);
  const prediction = reference.compare('prediction', rows, earlier, hasWindow);
  const options = {
    tests,
    method: settings.method,
    ...(settings.threshold === undefined ? {} : { threshold: settings.threshold }),
    ...(settings.minRows === undefined ? {} : { minRows: settings.minRows }),
  };
  const comparisons = {
    input: input.rows && withRepeats(layout, input.rows),
    prediction: prediction.rows && withRepeats(layout, prediction.rows),
  };
  // From the first row on is from the start, whether or not the first row is in the sample.
  const first = iso(rows.times[0] ?? Number.NaN);
  const drift = driftOfFeatures(layout, comparisons, options).map((row) =>
    row.since !== null && row.since === first ? { ...row, since: iso(collected.from) } : row,
  );
  return {
    drift,
    distributions: distributionsOf(layout, comparisons, drift),
    repeats: comparisons.input?.independent ?? 1,
    sources: { inputs: input.source, predictions: prediction.source },
  };
}

function rowsIn(reservoir: RowReservoir | undefined): SampledRows {
  return reservoir?.rows() ?? { width: 0, count: 0, values: new Float64Array(0), times: new Float64Array(0) };
}

/** Features with missing values now or in the reference. */
function missingRows({ prepared, missing, countedRows }: Collected): MissingRow[] {
  if (!prepared || countedRows === 0) return [];
  return prepared.layout.features.flatMap((feature, i) => {
    const count = missing[i] ?? 0;
    const isInput = feature.role === 'input';
    const referenceShare = isInput ? (prepared.ranges?.[i]?.missing ?? null) : null;
    if (count === 0 && !referenceShare) return [];
    return [{ feature: feature.name, count, share: count / countedRows, referenceShare }];
  });
}

function outOfRangeRows({ prepared, outside, countedRows }: Collected): OutOfRangeRow[] {
  if (!prepared?.ranges || countedRows === 0) return [];
  const { ranges, layout } = prepared;
  return layout.features.flatMap((feature, i) => {
    const count = outside[i] ?? 0;
    const range = ranges[i];
    if (count === 0 || !range) return [];
    // Categories get their places in the order they are met, the reference's first: beyond its range is unseen.
    const limits = feature.dictionary ? { min: null, max: null } : { min: range.min, max: range.max };
    return [{ feature: feature.name, count, share: count / countedRows, ...limits }];
  });
}

function anomaliesOf(
  collected: Collected,
  buckets: Parameters<typeof findSpikes>[0],
  width: number,
): Anomalies {
  const spikes = findSpikes(buckets, width).map((spike) => ({
    ...spike,
    from: new Date(spike.from).toISOString(),
    to: new Date(spike.to).toISOString(),
  }));
  const { prepared, countedRows } = collected;
  const outliers = prepared?.outliers;
  if (!prepared || !outliers) {
    return { rows: null, share: null, expectedShare: null, threshold: null, top: [], spikes };
  }
  return {
    rows: collected.anomalies,
    share: countedRows === 0 ? 0 : collected.anomalies / countedRows,
    expectedShare: outliers.expectedShare,
    threshold: outliers.threshold,
    top: collected.top.list().map(({ row, time, id, score }) => ({
      time: new Date(time).toISOString(),
      id,
      score,
      features: outliers.farthest(row, 3).map(({ feature, value, z }) => ({
        feature: prepared.layout.features[feature]?.name ?? String(feature),
        value,
        z,
      })),
    })),
    spikes,
  };
}

function latencyOf(sketch: QuantileSketch): Latency {
  const isEmpty = sketch.count === 0;
  return {
    ...quantilesOf(sketch),
    mean: isEmpty ? null : sketch.sum / sketch.count,
    max: isEmpty ? null : sketch.max,
  };
}

function quantilesOf(sketch: QuantileSketch): Pick<Latency, 'p50' | 'p95' | 'p99'> {
  return { p50: sketch.quantile(0.5), p95: sketch.quantile(0.95), p99: sketch.quantile(0.99) };
}

function iso(time: number): string | null {
  return Number.isFinite(time) ? new Date(time).toISOString() : null;
}
