// The decision: few false alarms on data that did not change, whatever the size, and real shifts found.

import { describe, expect, it } from 'vitest';
import { draws, normal, sampleOf, seeded } from '../../fixtures/drift/samples.ts';
import { benjaminiHochberg, type DriftDecision, decideDrift } from '../../src/drift/decide.ts';
import { drift } from '../../src/drift/index.ts';
import { independentShare } from '../../src/drift/repeats.ts';
import { numberSample } from '../../src/drift/sample.ts';

const sizes = [
  { reference: 60, current: 60, runs: 120 },
  { reference: 500, current: 60, runs: 120 },
  { reference: 60, current: 500, runs: 120 },
  { reference: 200, current: 200, runs: 80 },
  { reference: 1000, current: 300, runs: 40 },
  { reference: 2000, current: 2000, runs: 10 },
  { reference: 20_000, current: 20_000, runs: 2 },
];

function pair(reference: number, current: number, seed: number, shift = 0) {
  const random = seeded(seed);
  return draws.map((draw, i) => ({
    feature: `feature ${i}`,
    reference: sampleOf(draw, reference, random),
    current: sampleOf(draw, current, random, i === 0 ? shift : 0),
  }));
}

const drifted = (decisions: readonly DriftDecision[]) =>
  decisions.filter((decision) => decision.drifted).map(({ feature }) => feature);

describe.each(sizes)('$reference against $current rows, 20 features', ({ reference, current, runs }) => {
  it('raises a false alarm on any feature in at most 1 of 20 runs', () => {
    let alarms = 0;
    for (let run = 0; run < runs; run++) {
      const decisions = decideDrift(pair(reference, current, run + 1), { tests: drift, method: 'auto' });
      if (drifted(decisions).length > 0) alarms += 1;
    }
    expect(alarms / runs).toBeLessThanOrEqual(0.05);
  });
});

it('finds half a standard deviation at 500 rows, and nothing else', () => {
  let found = 0;
  let others = 0;
  for (let run = 0; run < 40; run++) {
    const decisions = decideDrift(pair(500, 500, 1000 + run, 0.5), { tests: drift, method: 'auto' });
    const features = new Set(drifted(decisions));
    if (features.delete('feature 0')) found += 1;
    others += features.size;
  }
  expect(found).toBeGreaterThanOrEqual(38);
  expect(others).toBeLessThanOrEqual(2);
});

it('a tiny difference stays below the threshold however many rows there are', () => {
  const grid = (shift: number) =>
    numberSample(Array.from({ length: 100_000 }, (_, i) => i / 100_000 + shift));
  const [psi, ks] = [
    ...decideDrift([{ feature: 'x', reference: grid(0), current: grid(0.02) }], {
      tests: drift,
      method: 'auto',
    }),
  ].sort((a, b) => (a.test < b.test ? 1 : -1));
  expect(psi).toMatchObject({ test: 'psi', drifted: false, reason: 'below threshold' });
  expect(ks).toMatchObject({ test: 'ks', drifted: false, reason: 'below threshold' });
  expect(ks?.pValue).toBeLessThan(1e-9);
});

it('too few rows are not enough data, never drift', () => {
  const inputs = [
    {
      feature: 'x',
      reference: numberSample(Array.from({ length: 1000 }, (_, i) => i)),
      current: numberSample(Array.from({ length: 49 }, () => 5000)),
    },
  ];
  for (const row of decideDrift(inputs, { tests: drift, method: 'auto' })) {
    expect(row).toMatchObject({
      drifted: false,
      reason: 'not enough data',
      statistic: null,
      currentRows: 49,
    });
  }
  expect(drifted(decideDrift(inputs, { tests: drift, method: 'auto', minRows: 40 }))).toContain('x');
});

it('a named method runs alone with its own threshold, and a test for every kind stands in where it does not fit', () => {
  const inputs = pair(300, 300, 5);
  const decisions = decideDrift(inputs, { tests: drift, method: 'wasserstein', threshold: 0 });
  expect(decisions).toHaveLength(inputs.length);
  expect(new Set(decisions.filter((d) => d.kind === 'number').map((d) => d.test))).toEqual(
    new Set(['wasserstein']),
  );
  expect(new Set(decisions.filter((d) => d.kind === 'category').map((d) => d.test))).toEqual(
    new Set(['psi']),
  );
});

it('thresholds of all tests hang on one dial: a larger one silences every test', () => {
  const inputs = pair(1000, 1000, 9, 1);
  expect(drifted(decideDrift(inputs, { tests: drift, method: 'auto' }))).toEqual(['feature 0', 'feature 0']);
  expect(drifted(decideDrift(inputs, { tests: drift, method: 'auto', threshold: 3 }))).toEqual([]);
});

it('benjamini–hochberg adjusted p-values, a worked example', () => {
  const adjusted = benjaminiHochberg([0.01, 0.04, undefined, 0.03, 0.005]);
  expect(adjusted.map((p) => p && Number(p.toFixed(6)))).toEqual([0.02, 0.04, undefined, 0.04, 0.02]);
});

describe('repeated rows', () => {
  const random = seeded(12);
  const rows = (count: number) => Array.from({ length: count }, () => normal(random));
  it('count once: 60 rows sent five times raise no more alarms than 60 rows', () => {
    let alarms = 0;
    let naive = 0;
    for (let run = 0; run < 100; run++) {
      const reference = rows(150);
      const sent = rows(60);
      const current = [...sent, ...sent, ...sent, ...sent, ...sent];
      const share = independentShare(reference.map(String), current.map(String));
      expect(share).toBeCloseTo(0.2, 1);
      const decide = (independent: number) =>
        drifted(
          decideDrift(
            [
              {
                feature: 'x',
                reference: numberSample(reference),
                current: numberSample(current, independent),
              },
            ],
            { tests: drift, method: 'auto' },
          ),
        ).length > 0;
      if (decide(share)) alarms += 1;
      if (decide(1)) naive += 1;
    }
    expect(alarms).toBeLessThanOrEqual(3);
    expect(naive).toBeGreaterThan(alarms);
  });
  it('are the nature of coarse features: there every row counts', () => {
    const coins = (count: number) => Array.from({ length: count }, () => String(random() < 0.5));
    expect(independentShare(coins(500), coins(900))).toBe(1);
    expect(independentShare(rows(500).map(String), rows(500).map(String))).toBe(1);
  });
});
