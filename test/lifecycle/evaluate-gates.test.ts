// Gates: how they are written, the comparison, baselines.

import { describe, expect, it } from 'vitest';
import { checkGate, manifestGates, mergeGates, parseGate } from '../../src/lifecycle/gates.ts';
import { temporaryFolder } from '../datasets/folder.ts';

const folder = temporaryFolder();

describe('as written on the command line', () => {
  it.each([
    ['accuracy>=0.95', 'accuracy', '>=', 0.95],
    [' log-loss < 0.3 ', 'log_loss', '<', 0.3],
    ['F1_macro>0.9', 'f1_macro', '>', 0.9],
    ['mse<=1e-3', 'mse', '<=', 1e-3],
    ['matthews==-0.5', 'matthews', '==', -0.5],
    ['recall[sea lion]>=90%', 'recall[sea lion]', '>=', 0.9],
  ])('%s', (text, metric, comparison, limit) => {
    expect(parseGate(text)).toEqual({ metric, comparison, limit });
  });

  it.each([
    ['accuracy', 'GATE_INVALID', /no comparison/],
    ['accuracy=0.9', 'GATE_INVALID', /no comparison/],
    ['accuracy=>0.9', 'GATE_INVALID', /=> is no comparison/],
    ['accuracy>=', 'GATE_INVALID', /"" is not a number/],
    ['accuracy>=high', 'GATE_INVALID', /"high" is not a number/],
    ['accuracy>=Infinity', 'GATE_INVALID', /not a number/],
    ['acuracy>=0.9', 'METRIC_UNKNOWN', /"acuracy"/],
    ['>=0.9', 'METRIC_UNKNOWN', /""/],
  ])('%s is refused', (text, code, message) => {
    expect(() => parseGate(text)).toThrowError(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });
});

describe('the comparison', () => {
  it.each([
    ['accuracy>=0.9', 0.9, true],
    ['accuracy>0.9', 0.9, false],
    ['accuracy>0.9', 0.91, true],
    ['accuracy>=0.9', 0.8999, false],
    ['log_loss<=0.3', 0.3, true],
    ['log_loss<0.3', 0.3, false],
    ['accuracy==1', 1, true],
    ['accuracy==1', 0.999, false],
    // 0.1 + 0.2 is not 0.3 in binary; a limit reached in decimals is reached.
    ['accuracy<=0.3', 0.1 + 0.2, true],
    ['roc_auc>=0', Number.NaN, false],
    ['roc_auc<=1', Number.NaN, false],
    ['mse<=1', Number.POSITIVE_INFINITY, false],
  ])('%s with %s', (gate, actual, passed) => {
    expect(checkGate(parseGate(gate), actual).passed).toBe(passed);
  });
});

describe('in a manifest', () => {
  it('limits, and limits relative to a baseline', async () => {
    folder.write(
      'baseline.json',
      JSON.stringify({ schema: 'mlctl/evaluate@1', metrics: { f1: 0.95, log_loss: 0.2 } }),
    );
    const gates = await manifestGates(
      {
        accuracy: { min: 0.9, max: 0.99 },
        f1: { maxDrop: 0.01, against: 'baseline.json' },
        'log-loss': { maxRise: 0.05, against: 'baseline.json' },
      },
      folder.path,
    );
    expect(
      gates.map(({ metric, comparison, limit }) => [metric, comparison, Number(limit.toFixed(9))]),
    ).toEqual([
      ['accuracy', '>=', 0.9],
      ['accuracy', '<=', 0.99],
      ['f1', '>=', 0.94],
      ['log_loss', '<=', 0.25],
    ]);
    expect(gates[2]?.baseline).toEqual({ file: 'baseline.json', value: 0.95 });
    expect(checkGate(gates[2] as (typeof gates)[number], 0.94).passed).toBe(true);
  });

  it.each([
    [{ f1: { maxDrop: 0.1 } }, 'GATE_INVALID', /need against/],
    [{ f1: {} }, 'GATE_INVALID', /no limit/],
    [{ f2: { min: 1 } }, 'METRIC_UNKNOWN', /"f2"/],
    [{ f1: { maxDrop: 0.1, against: 'nope.json' } }, 'FILE_NOT_FOUND', /nope\.json/],
    [
      { recall: { maxDrop: 0.1, against: 'baseline.json' } },
      'GATE_INVALID',
      /no figure for recall; it has f1, log_loss/,
    ],
    [{ f1: { maxDrop: 0.1, against: 'broken.json' } }, 'GATE_INVALID', /not JSON/],
  ])('%j is refused', async (gates, code, message) => {
    folder.write('broken.json', '{');
    await expect(manifestGates(gates, folder.path)).rejects.toMatchObject({ code, message });
  });

  it('gives way to the command line on the same metric and side', () => {
    const manifest = [parseGate('accuracy>=0.9'), parseGate('accuracy<=0.99'), parseGate('f1>=0.8')];
    const merged = mergeGates([parseGate('accuracy>0.5')], manifest);
    expect(merged.map(({ metric, comparison, limit }) => `${metric}${comparison}${limit}`)).toEqual([
      'accuracy<=0.99',
      'f1>=0.8',
      'accuracy>0.5',
    ]);
  });
});
