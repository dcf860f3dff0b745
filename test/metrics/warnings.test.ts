// Figures that divide by zero are 0 and say so; names are found however they are written.

import { describe, expect, it } from 'vitest';
import { findMetric, whyNot } from '../../src/metrics/find.ts';
import { judgeClasses, judgeNumbers } from '../../src/metrics/judge.ts';

const labels = ['a', 'b', 'c'];
const noScores = judgeClasses({
  task: 'multiclass',
  labels,
  truth: Int32Array.of(0, 1, 1),
  predicted: Int32Array.of(0, 0, 2),
});

function warningsOf(name: string): string[] {
  const warnings: string[] = [];
  const { metric, options } = findMetric(name);
  metric.compute(noScores, options, (message) => warnings.push(message));
  return warnings;
}

describe('zero division', () => {
  it('names the classes it happened to', () => {
    expect(warningsOf('precision_macro')).toEqual(['precision of b counts as 0: no row was predicted as it']);
    expect(warningsOf('recall_macro')).toEqual(['recall of c counts as 0: no row has it as its true class']);
    expect(warningsOf('precision_micro')).toEqual([]);
  });

  it('gives NaN with a warning where there is no value at all', () => {
    const warnings: string[] = [];
    const one = judgeNumbers(Float64Array.of(1), Float64Array.of(2), 1, 1);
    expect(findMetric('r2').metric.compute(one, {}, (message) => warnings.push(message))).toBeNaN();
    expect(warnings).toEqual(['R² is not defined for fewer than two rows']);
  });
});

describe('names', () => {
  it.each([
    ['F1', 'f1'],
    ['log-loss', 'log_loss'],
    ['MCC', 'matthews'],
    ['f1-weighted', 'f1_weighted'],
    ['sensitivity_macro', 'recall_macro'],
    ['top_3_accuracy', 'top_3_accuracy'],
    ['top3', 'top3'],
    ['recall[versi color]', 'recall[versi color]'],
  ])('%s is %s', (written, name) => {
    expect(findMetric(written).name).toBe(name);
  });

  it.each(['acuracy', 'accuracy[a]', '', 'f1_median'])('%j is not a metric', (written) => {
    expect(() => findMetric(written)).toThrowError(expect.objectContaining({ code: 'METRIC_UNKNOWN' }));
  });

  it('suggests the nearest one', () => {
    expect(() => findMetric('acuracy')).toThrowError(
      expect.objectContaining({ hint: 'did you mean accuracy?' }),
    );
  });
});

describe('metrics that cannot be computed', () => {
  it('says why', () => {
    expect(whyNot(findMetric('rmse').metric, noScores)).toMatch(/for regression/);
    expect(whyNot(findMetric('log_loss').metric, noScores)).toMatch(/without scores/);
    const scores = { values: Float64Array.of(2, 1, 0, 0, 1, 2, 0, 0, 1), epsilon: 1e-7 };
    const logits = judgeClasses({ ...noScores, scores });
    expect(whyNot(findMetric('log_loss').metric, logits)).toMatch(/not probabilities \(row 0 sums to 3\)/);
    expect(whyNot(findMetric('roc_auc').metric, logits)).toBeUndefined();
  });
});
