// The bounded-memory parts of monitor: quantiles, time buckets, samples, change points, outliers, logged arrays.

import { expect, it } from 'vitest';
import { normal, seeded } from '../../fixtures/drift/samples.ts';
import { changePoints, driftedSpan } from '../../src/drift/since.ts';
import { emptySignature } from '../../src/graph/signature.ts';
import { layoutOf } from '../../src/lifecycle/monitor/layout.ts';
import { fitOutliers } from '../../src/lifecycle/monitor/outliers.ts';
import { capacityFor, RowReservoir } from '../../src/lifecycle/monitor/reservoir.ts';
import { rowsOf } from '../../src/lifecycle/monitor/rows.ts';
import { QuantileSketch } from '../../src/lifecycle/monitor/sketch.ts';
import { Timeline } from '../../src/lifecycle/monitor/timeline.ts';
import type { PredictionRecord } from '../../src/server/record.ts';

it('sketch: quantiles of a long stream within 1 %, merged or not', () => {
  const random = seeded(3);
  const values = Array.from({ length: 40_000 }, () => Math.exp(2 * normal(random)));
  const [whole, left, right] = [new QuantileSketch(), new QuantileSketch(), new QuantileSketch()];
  values.forEach((value, i) => {
    whole.add(value);
    (i % 3 === 0 ? left : right).add(value);
  });
  left.merge(right);
  const sorted = [...values].sort((a, b) => a - b);
  for (const q of [0, 0.01, 0.5, 0.95, 0.99, 0.999]) {
    const exact = sorted[Math.round(q * (sorted.length - 1))] ?? 0;
    expect(Math.abs((whole.quantile(q) ?? 0) / exact - 1)).toBeLessThan(0.01);
    expect(left.quantile(q)).toBe(whole.quantile(q));
  }
  expect(left.count).toBe(40_000);
  expect(new QuantileSketch().quantile(0.5)).toBeNull();
});

it('timeline: at most 150 buckets whatever the span, and nothing is lost by merging', () => {
  const timeline = new Timeline();
  const start = Date.parse('2025-01-01T00:00:00Z');
  for (let i = 0; i < 5000; i++) {
    const bucket = timeline.at(start + i * 37_000 * (1 + (i % 7)));
    bucket.requests += 1;
    bucket.latency.add(i);
  }
  const list = timeline.list();
  expect(list.length).toBeLessThanOrEqual(150);
  expect(list.reduce((sum, { requests }) => sum + requests, 0)).toBe(5000);
  expect(list.reduce((sum, { latency }) => sum + latency.count, 0)).toBe(5000);
  for (const [i, { from }] of list.entries()) expect(from).toBe((list[0]?.from ?? 0) + i * timeline.width);
});

it('reservoir: bounded, uniform over time, in order of time', () => {
  const reservoir = new RowReservoir(1, 1000);
  for (let i = 0; i < 50_000; i++) reservoir.offer(Float64Array.of(i), i);
  const rows = reservoir.rows();
  expect(rows.count).toBe(1000);
  expect([...rows.times]).toEqual([...rows.times].sort((a, b) => a - b));
  const early = rows.times.filter((time) => time < 25_000).length;
  expect(Math.abs(early - 500)).toBeLessThan(60);
  expect(capacityFor(4) * 4).toBeLessThanOrEqual(2_000_000);
  expect(capacityFor(4096) * 4096).toBeLessThanOrEqual(2_000_000);
});

it('change points: found to a few rows, none in noise', () => {
  const random = seeded(8);
  const steady = Array.from({ length: 4000 }, () => Math.floor(random() * 10));
  expect(changePoints(steady, 10, 0, steady.length, 4)).toEqual([]);
  const moved = steady.map((bin, i) => (i >= 2500 && random() < 0.5 ? 9 : bin));
  const [at = 0, ...others] = changePoints(moved, 10, 0, moved.length, 4);
  expect(Math.abs(at - 2500)).toBeLessThan(60);
  expect(others).toEqual([]);
});

it('drifted span: a stretch that has come back has an end', () => {
  const random = seeded(9);
  const bins = Array.from({ length: 3000 }, (_, i) =>
    i >= 1000 && i < 1800 ? 9 : Math.floor(random() * 10),
  );
  const isDrifted = (first: number, end: number) =>
    bins.slice(first, end).filter((bin) => bin === 9).length > (end - first) / 2;
  const span = driftedSpan(bins, 10, isDrifted);
  expect(Math.abs((span?.first ?? 0) - 1000)).toBeLessThan(30);
  expect(Math.abs((span?.end ?? 0) - 1800)).toBeLessThan(30);
});

const record = (extra: Partial<PredictionRecord>): PredictionRecord => ({
  time: '2025-06-03T12:00:00.000Z',
  id: 'x',
  model: 'm',
  status: 200,
  latencyMs: 1,
  rows: 1,
  ...extra,
});

it('outliers: about 0.1 % of unchanged rows, also from a small reference; correlated features count as one', () => {
  const random = seeded(4);
  const draw = () => {
    const x = normal(random);
    return [x, x + 0.1 * normal(random), normal(random)];
  };
  const layout = layoutOf(record({ inputs: { x: [[1, 2, 3]] }, outputs: { y: [[1]] } }), emptySignature);
  if (!layout) throw new Error('no layout');
  for (const size of [150, 5000]) {
    const values = Float64Array.from(Array.from({ length: size }, () => [...draw(), 0]).flat());
    const outliers = fitOutliers({ width: 4, count: size, values, times: new Float64Array(size) }, layout);
    if (!outliers) throw new Error('no outliers');
    let far = 0;
    for (let i = 0; i < 20_000; i++) {
      if (outliers.score(Float64Array.from([...draw(), 0])) > outliers.threshold) far += 1;
    }
    expect(far / 20_000).toBeLessThan(0.006);
    // Each value alone is ordinary; that the first two differ is not.
    expect(outliers.score(Float64Array.of(1.5, -1.5, 0, 0))).toBeGreaterThan(outliers.threshold);
  }
});

it('layout: named columns, numbered ones, images as summaries, classes, scores', () => {
  const names = (extra: Partial<PredictionRecord>, signature = emptySignature) =>
    layoutOf(record(extra), signature)?.features.map(({ name, role, dictionary }) =>
      [name, role, dictionary ? 'category' : 'number'].join(' '),
    );
  const y = { y: [[0.2, 0.8]] };
  expect(names({ inputs: { x: [[1, 2]] }, outputs: y })).toEqual([
    'x[0] input number',
    'x[1] input number',
    'y prediction category',
  ]);
  const signature = { inputs: { x: { columns: ['a', 'b'] } }, outputs: {} };
  expect(names({ inputs: { x: [[1, 'red']] }, outputs: { y: [[3.5]] } }, signature)).toEqual([
    'a input number',
    'b input category',
    'y prediction number',
  ]);
  const image = { shape: [1, 28, 28, 1], min: 0, max: 1, mean: 0.5, missing: 0 };
  expect(names({ inputs: { image }, outputs: y })).toEqual([
    'image mean input number',
    'image min input number',
    'image max input number',
    'y prediction category',
  ]);
  expect(layoutOf(record({ inputs: { x: [[1]] } }), emptySignature)).toBeUndefined();
});

it('rows: batches, NaN words, summaries', () => {
  const layout = layoutOf(record({ inputs: { x: [[1, 2]] }, outputs: { y: [[0.2, 0.8]] } }), emptySignature);
  if (!layout) throw new Error('no layout');
  const batch = rowsOf(
    record({
      rows: 2,
      inputs: {
        x: [
          [1, 'NaN'],
          ['-Infinity', 4],
        ],
      },
      outputs: {
        y: [
          [0.9, 0.1],
          [0.3, 0.7],
        ],
      },
    }),
    layout,
  );
  expect(batch.rows.map((row) => [...row])).toEqual([
    [1, Number.NaN, 0],
    [Number.NEGATIVE_INFINITY, 4, 1],
  ]);
  const summary = { shape: [500, 2], min: 0, max: 1, mean: 0.5, missing: 0 };
  expect(rowsOf(record({ rows: 500, inputs: { x: summary }, outputs: { y: summary } }), layout)).toEqual({
    rows: [],
    summarised: 500,
  });
});
