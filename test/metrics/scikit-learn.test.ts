// Every metric against scikit-learn's figure on the same data (fixtures/metrics/make.py).

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { MlctlError } from '../../src/errors.ts';
import { classCounts } from '../../src/metrics/confusion.ts';
import type { Classified, Judged } from '../../src/metrics/definition.ts';
import { f1Of } from '../../src/metrics/f1.ts';
import { findMetric } from '../../src/metrics/find.ts';
import { metrics } from '../../src/metrics/index.ts';
import { judgeClasses, judgeNumbers } from '../../src/metrics/judge.ts';
import { precisionOf } from '../../src/metrics/precision.ts';
import { recallOf } from '../../src/metrics/recall.ts';

type Case = {
  name: string;
  task: 'binary' | 'multiclass' | 'regression';
  classes: number;
  outputs: number;
  truth: number[];
  predicted: number[];
  scores: number[] | null;
  metrics: Record<string, number | null>;
  perClass: Record<'precision' | 'recall' | 'f1', number[]>;
  confusion: number[][];
};
type NotNumbers = { name: string; truth: (number | null)[]; predicted: (number | null)[]; row: number };

const expected = JSON.parse(
  readFileSync(new URL('../../fixtures/metrics/expected.json', import.meta.url), 'utf8'),
) as { cases: Case[]; notNumbers: NotNumbers[] };

function judge(of: Case): Judged {
  if (of.task === 'regression') {
    return judgeNumbers(
      Float64Array.from(of.truth),
      Float64Array.from(of.predicted),
      of.truth.length / of.outputs,
      of.outputs,
    );
  }
  return judgeClasses({
    task: of.task,
    labels: Array.from({ length: of.classes }, (_, index) => `c${index}`),
    truth: Int32Array.from(of.truth),
    predicted: Int32Array.from(of.predicted),
    scores: of.scores ? { values: Float64Array.from(of.scores), epsilon: Number.EPSILON } : undefined,
  });
}

/** Absolute for small figures, relative for large ones. */
function expectClose(actual: number, wanted: number, what: string): void {
  const limit = 1e-12 * Math.max(1, Math.abs(wanted));
  expect(Math.abs(actual - wanted), `${what}: ${actual} against ${wanted}`).toBeLessThanOrEqual(limit);
}

describe.each(expected.cases)('$name', (of) => {
  const judged = judge(of);

  it.each(Object.entries(of.metrics))('%s', (name, wanted) => {
    const { metric, options } = findMetric(name);
    const actual = metric.compute(judged, options, () => {});
    if (wanted === null) expect(actual).toBeNaN();
    else expectClose(actual, wanted, name);
  });

  if (of.task === 'regression') return;

  it('per class and the confusion matrix', () => {
    const data = judged as Classified;
    expect([...data.confusion]).toEqual(of.confusion.flat());
    for (const [name, ratio] of Object.entries({ precision: precisionOf, recall: recallOf, f1: f1Of })) {
      classCounts(data).forEach((counts, index) => {
        const value = ratio(counts);
        const wanted = of.perClass[name as 'f1'][index] as number;
        expectClose(Number.isNaN(value) ? 0 : value, wanted, `${name} of class ${index}`);
      });
    }
  });
});

it('covers every metric', () => {
  const covered = new Set(
    expected.cases.flatMap((of) => Object.keys(of.metrics).map((n) => findMetric(n).metric)),
  );
  expect(metrics.filter((metric) => !covered.has(metric)).map(({ name }) => name)).toEqual([]);
});

describe.each(expected.notNumbers)('$name', ({ truth, predicted, row }) => {
  it('is refused with its row, as scikit-learn refuses it', () => {
    const array = (values: (number | null)[]) => Float64Array.from(values, (value) => value ?? Number.NaN);
    expect(() => judgeNumbers(array(truth), array(predicted), truth.length, 1)).toThrowError(
      expect.objectContaining({
        code: 'NOT_A_NUMBER',
        message: expect.stringContaining(`row ${row}`),
      }) as unknown as MlctlError,
    );
  });
});
