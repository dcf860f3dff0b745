// Drift statistics and p-values against scipy (fixtures/drift/make.py) and against published goldens.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chi2Tail } from '../../src/drift/chi2.ts';
import type { DriftTest } from '../../src/drift/definition.ts';
import { drift } from '../../src/drift/index.ts';
import { smirnovTail } from '../../src/drift/kolmogorov.ts';
import { psiOfShares } from '../../src/drift/psi.ts';
import { categorySample, numberSample } from '../../src/drift/sample.ts';

type Expected = {
  numbers: {
    name: string;
    reference: number[];
    current: number[];
    ks: { statistic: number; pValue: number };
    psi: number;
    js: number;
    wasserstein: number;
  }[];
  categories: {
    name: string;
    reference: number[];
    current: number[];
    chi2: number;
    pValue: number;
    degrees: number;
    psi: number;
    js: number;
  }[];
  chi2Tail: [x: number, degrees: number, tail: number][];
  smirnovTail: [d: number, m: number, n: number, tail: number][];
  psiOfShares: { reference: number[]; current: number[]; floor: number; psi: number }[];
};

const expected = JSON.parse(
  readFileSync(new URL('../../fixtures/drift/expected.json', import.meta.url), 'utf8'),
) as Expected;

function test(name: string): DriftTest {
  const found = drift.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no test ${name}`);
  return found;
}

function near(actual: number | undefined, wanted: number, relative = 1e-9): void {
  expect(Math.abs((actual ?? Number.NaN) - wanted)).toBeLessThanOrEqual(relative * Math.abs(wanted) + 1e-15);
}

describe.each(expected.numbers)('numbers: $name', (pair) => {
  const reference = numberSample(pair.reference);
  const current = numberSample(pair.current);
  it('ks statistic and exact p-value', () => {
    const measure = test('ks').compute(reference, current);
    near(measure.statistic, pair.ks.statistic);
    near(measure.pValue, pair.ks.pValue, pair.ks.pValue < 1e-12 ? 0.5 : 1e-9);
  });
  it('psi on quantile bins of the reference', () => {
    near(test('psi').compute(reference, current).statistic, pair.psi);
  });
  it('jensen-shannon distance on the same bins', () => {
    near(test('jensen-shannon').compute(reference, current).statistic, pair.js);
  });
  it('wasserstein over the reference std', () => {
    near(test('wasserstein').compute(reference, current).statistic, pair.wasserstein);
  });
});

describe.each(expected.categories)('categories: $name', (table) => {
  const sample = (counts: number[]) =>
    categorySample(counts.flatMap((count, label) => Array.from({ length: count }, () => `class ${label}`)));
  const reference = sample(table.reference);
  const current = sample(table.current);
  it('two-sample chi-square', () => {
    const measure = test('chi-square').compute(reference, current);
    near(measure.statistic, table.chi2);
    near(measure.pValue, table.pValue);
    expect(measure.detail.degrees).toBe(table.degrees);
  });
  it('psi and jensen-shannon', () => {
    near(test('psi').compute(reference, current).statistic, table.psi);
    near(test('jensen-shannon').compute(reference, current).statistic, table.js);
  });
});

it.each(expected.chi2Tail)('upper tail of chi-square at %d with %d degrees', (x, degrees, tail) => {
  near(chi2Tail(x, degrees), tail);
});

it.each(expected.smirnovTail)('two-sample KS tail at %d for %d and %d values', (d, m, n, tail) => {
  near(smirnovTail(d, m, n), tail);
});

it('the asymptotic KS tail meets the exact one where they change over', () => {
  near(smirnovTail(0.02, 10_001, 10_001), smirnovTail(0.02, 10_000, 10_000), 0.02);
});

describe('published goldens', () => {
  it('psi of shares with a fixed floor: grid + 1 on Sturges bins of both', () => {
    const [golden] = expected.psiOfShares;
    if (!golden) throw new Error('no golden');
    near(psiOfShares(golden.reference, golden.current, golden.floor, golden.floor), 1.255775429, 1e-8);
  });
  it('ks and wasserstein of grid + 1, the categorical table', () => {
    const grid = numberSample(Array.from({ length: 1000 }, (_, i) => i / 100));
    const moved = numberSample(Array.from({ length: 1000 }, (_, i) => i / 100 + 1));
    expect(test('ks').compute(grid, moved).pValue).toBeCloseTo(7.3359e-5, 8);
    near(test('wasserstein').compute(grid, moved).statistic, 0.3464103347, 1e-9);
    near(psiOfShares([0.5, 0.3, 0.2], [0.3, 0.4, 0.3], 1e-4, 1e-4), 0.1714798428, 1e-9);
  });
});

describe('edges', () => {
  it('a category the reference never had counts as unseen mass', () => {
    const reference = categorySample(Array.from({ length: 100 }, (_, i) => (i % 2 ? 'a' : 'b')));
    const current = categorySample(
      Array.from({ length: 100 }, (_, i) => (i < 30 ? 'new' : i % 2 ? 'a' : 'b')),
    );
    const measure = test('psi').compute(reference, current);
    expect(measure.statistic).toBeGreaterThan(0.5);
    const { bins, current: shares } = measure.detail as { bins: string[]; current: number[] };
    expect(shares[bins.indexOf('new')]).toBeCloseTo(0.3);
  });
  it('a constant reference: the same constant is no distance, another one is', () => {
    const constant = numberSample(Array.from({ length: 100 }, () => 7));
    const other = numberSample(Array.from({ length: 100 }, () => 7.5));
    for (const { name, kinds, compute } of drift) {
      if (!(kinds as readonly string[]).includes('number')) continue;
      expect(compute(constant, constant).statistic, name).toBe(0);
      expect(compute(constant, other).statistic, name).toBeGreaterThan(0.5);
    }
  });
  it('not-a-number and infinite values never reach a statistic', () => {
    expect([...numberSample([3, Number.NaN, 1, Number.POSITIVE_INFINITY]).sorted]).toEqual([1, 3]);
  });
});
