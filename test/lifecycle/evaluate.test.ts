// evaluate: tasks, targets, feeding, figures. Models hand their input through, so the data file holds the scores.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { zipSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeNpy } from '../../src/encoding/npy.ts';
import { int } from '../../src/graph/attribute.ts';
import { type EvaluateOptions, type EvaluateResult, evaluate } from '../../src/lifecycle/evaluate.ts';
import { temporaryFolder } from '../datasets/folder.ts';
import { argmax, through, writeModel } from './evaluate-models.ts';

const folder = temporaryFolder();
let three = '';
let one = '';
let two = '';
beforeAll(async () => {
  three = await through(folder.path, ['batch', 3]);
  two = await through(folder.path, ['batch', 2]);
  one = await through(folder.path, ['batch', 1]);
});

let files = 0;
function judge(
  model: string,
  content: string | Uint8Array,
  options: EvaluateOptions = {},
): Promise<EvaluateResult> {
  const name = typeof content === 'string' ? `${files++}.csv` : `${files++}.npz`;
  return evaluate({ model, data: folder.write(name, content), ...options }, folder.context);
}

const scores = 'a,b,c,label\n0.7,0.2,0.1,0\n0.1,0.8,0.1,1\n0.2,0.2,0.6,2\n0.6,0.3,0.1,1\n';

describe('multiclass', () => {
  it('integers', async () => {
    const result = await judge(three, scores, { target: 'label' });
    expect(result).toMatchObject({
      task: 'multiclass',
      rows: 4,
      labels: ['0', '1', '2'],
      target: ['label'],
      features: { x: ['a', 'b', 'c'] },
      confusionMatrix: [
        [1, 0, 0],
        [1, 1, 0],
        [0, 0, 1],
      ],
      passed: true,
      gates: [],
    });
    expect(result.metrics.accuracy).toBe(0.75);
    expect(result.metrics.log_loss).toBeCloseTo(
      -(Math.log(0.7) + Math.log(0.8) + Math.log(0.6) + Math.log(0.3)) / 4,
      6,
    );
    expect(Object.keys(result.metrics)).toEqual([
      'accuracy',
      'precision',
      'recall',
      'f1',
      'log_loss',
      'roc_auc',
    ]);
    expect(result.perClass[1]).toEqual({ label: '1', precision: 1, recall: 0.5, f1: 2 / 3, support: 2 });
    expect(result.averages.macro?.recall).toBeCloseTo(2.5 / 3, 12);
    expect(result.rowsPerSecond).toBeGreaterThan(0);
    expect(result.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(result.dataDigest).toMatch(/^[0-9a-f]{64}$/);
  });

  const named = scores.replace(/0\n/, 'ant\n').replaceAll(',1\n', ',bee\n').replace(/,2\n/, ',cat\n');

  it('names in alphabetical order, and says so', async () => {
    const result = await judge(three, named);
    expect(result.labels).toEqual(['ant', 'bee', 'cat']);
    expect(result.metrics.accuracy).toBe(0.75);
    expect(result.notes).toEqual(['the classes of label were taken in alphabetical order: ant, bee, cat']);
  });

  it('names in the order given', async () => {
    const result = await judge(three, named, { classes: ['cat', 'bee', 'ant'] });
    expect(result.labels).toEqual(['cat', 'bee', 'ant']);
    expect(result.metrics.accuracy).toBe(0.25);
    expect(result.notes).toEqual([]);
  });

  it('one-hot columns', async () => {
    const result = await judge(three, 'a,b,c,p,q,r\n0.7,0.2,0.1,1,0,0\n0.1,0.8,0.1,0,0,1\n', {
      target: 'p,q,r',
    });
    expect(result).toMatchObject({ task: 'multiclass', labels: ['p', 'q', 'r'], metrics: { accuracy: 0.5 } });
  });

  it('numbers that start at 1, in ascending order', async () => {
    const result = await judge(three, 'a,b,c,y\n1,0,0,1\n0,1,0,2\n0,0,1,3\n');
    expect(result).toMatchObject({ labels: ['1', '2', '3'], metrics: { accuracy: 1 } });
    expect(result.notes[0]).toContain('ascending');
  });

  it('scores that are no probabilities have no log loss', async () => {
    const data = 'a,b,c,y\n5,-2,1,0\n-1,3,0,1\n';
    expect(Object.keys((await judge(three, data)).metrics)).not.toContain('log_loss');
    await expect(judge(three, data, { metrics: ['log_loss'] })).rejects.toMatchObject({
      code: 'METRIC_NOT_APPLICABLE',
      message: expect.stringContaining('row 0 sums to 4'),
    });
  });
});

describe('binary', () => {
  const data = 'p,y\n0.9,1\n0.5,1\n0.2,0\n0.7,0\n';

  it('one score, above 0.5 is the second class', async () => {
    const result = await judge(one, data);
    expect(result).toMatchObject({ task: 'binary', metrics: { accuracy: 0.5, precision: 0.5, recall: 0.5 } });
    expect(result.metrics.roc_auc).toBe(0.75);
    expect((await judge(one, data, { threshold: 0.4 })).metrics.recall).toBe(1);
  });

  it('two scores', async () => {
    const result = await judge(two, 'n,p,y\n0.1,0.9,1\n0.5,0.5,1\n0.8,0.2,0\n0.3,0.7,0\n');
    expect(result).toMatchObject({ task: 'binary', metrics: { accuracy: 0.5, precision: 0.5 } });
  });

  it('names; which one is positive', async () => {
    const words = data.replaceAll(',1\n', ',yes\n').replaceAll(',0\n', ',no\n');
    expect(await judge(one, words)).toMatchObject({ labels: ['no', 'yes'], metrics: { accuracy: 0.5 } });
    const turned = await judge(one, words, { positive: 'no' });
    expect(turned).toMatchObject({ labels: ['yes', 'no'], metrics: { accuracy: 0.5 } });
    const known = await judge(one, words, { classes: ['no', 'yes'], positive: 'no', metrics: ['recall'] });
    expect(known).toMatchObject({ labels: ['no', 'yes'], metrics: { recall: 0.5 } });
  });

  it('one class only is still binary when the scores are probabilities', async () => {
    expect(await judge(one, 'p,y\n0.9,1\n0.8,1\n')).toMatchObject({
      task: 'binary',
      metrics: { accuracy: 1 },
    });
  });
});

describe('regression', () => {
  it('one output', async () => {
    const result = await judge(one, 'p,y\n1.5,1\n2.5,3\n3,3.25\n');
    expect(result).toMatchObject({ task: 'regression', labels: null, confusionMatrix: null, perClass: [] });
    expect(Object.keys(result.metrics)).toEqual(['mse', 'rmse', 'mae', 'r2']);
    expect(result.metrics.mae).toBeCloseTo(1.25 / 3, 12);
  });

  it('several outputs', async () => {
    const result = await judge(two, 'a,b,u,v\n1,2,1.5,2\n3,4,3,4.5\n', { target: 'u,v', metrics: ['mae'] });
    expect(result).toMatchObject({ task: 'regression', metrics: { mae: 0.25 } });
  });

  it('can be asked for', async () => {
    expect(await judge(one, 'p,y\n0.9,1\n0.2,0\n', { task: 'regression' })).toMatchObject({
      task: 'regression',
    });
  });
});

describe('models that give classes', () => {
  it('integers, with names for them', async () => {
    const model = await argmax(folder.path, 3);
    expect(await judge(model, scores)).toMatchObject({ task: 'multiclass', metrics: { accuracy: 0.75 } });
    const named = scores
      .replace('1\n0.2', 'b\n0.2')
      .replace(/,0\n/, ',a\n')
      .replace(/,2\n/, ',c\n')
      .replace(/,1\n/, ',b\n');
    const result = await judge(model, named, { classes: ['a', 'b', 'c'] });
    expect(result).toMatchObject({ labels: ['a', 'b', 'c'], metrics: { accuracy: 0.75 } });
    await expect(judge(model, scores, { metrics: ['log_loss'] })).rejects.toMatchObject({
      code: 'METRIC_NOT_APPLICABLE',
    });
  });
});

describe('feeding', () => {
  it('columns by position, by name and out of order', async () => {
    const noHeader = scores.split('\n').slice(1).join('\n');
    expect(await judge(three, noHeader, { target: '-1' })).toMatchObject({ metrics: { accuracy: 0.75 } });
    expect(await judge(three, noHeader, { target: 'column3' })).toMatchObject({
      metrics: { accuracy: 0.75 },
    });
    const shuffled = 'id,c,label,b,a\n9,0.1,0,0.2,0.7\n9,0.1,1,0.8,0.1\n';
    const result = await judge(three, shuffled, { features: ['a,b,c'], target: 'label' });
    expect(result).toMatchObject({ metrics: { accuracy: 1 }, features: { x: ['a', 'b', 'c'] } });
  });

  it('scale, mean and std', async () => {
    const options = { scale: 0.1, mean: [1, 2], std: [0.5, 2], target: 'u,v', metrics: ['mae'] };
    expect(await judge(two, 'a,b,u,v\n20,60,2,2\n10,20,0,0\n', options)).toMatchObject({
      metrics: { mae: 0 },
    });
    await expect(judge(two, 'a,b,u,v\n1,2,3,4\n', { ...options, mean: [1, 2, 3] })).rejects.toMatchObject({
      code: 'FEATURES_MISMATCH',
      message: expect.stringContaining('mean has 3 numbers'),
    });
  });

  it('arrays: conventional names, other shapes with as many numbers, a target of its own', async () => {
    const model = await through(folder.path, ['batch', 1, 3, 1]);
    const x = encodeNpy('float64', [2, 3], Float64Array.of(1, 0, 0, 0, 1, 0));
    const y = encodeNpy('int64', [2, 1], BigInt64Array.of(0n, 2n));
    const options = { task: 'classification' };
    await expect(judge(model, zipSync({ 'x.npy': x, 'y.npy': y }), options)).resolves.toMatchObject({
      metrics: { accuracy: 0.5 },
    });
    await expect(
      judge(model, zipSync({ 'foo.npy': x, 'bar.npy': y }), { ...options, target: 'bar' }),
    ).resolves.toMatchObject({ metrics: { accuracy: 0.5 }, features: { x: ['foo'] } });
    const labels = folder.write('labels.npy', y);
    const alone = folder.write('alone.npy', x);
    await expect(evaluate({ model, data: alone, labels, ...options }, folder.context)).resolves.toMatchObject(
      {
        metrics: { accuracy: 0.5 },
      },
    );
  });

  it('a two-dimensional array whose last column is the target', async () => {
    const data = folder.write(
      'all.npy',
      encodeNpy('float32', [2, 3], Float32Array.of(0.9, 0.1, 0, 0.2, 0.8, 0)),
    );
    await expect(evaluate({ model: two, data, target: '-1' }, folder.context)).resolves.toMatchObject({
      metrics: { accuracy: 0.5 },
    });
  });

  it('several inputs by the names of the columns, of other dtypes', async () => {
    const model = await writeModel(
      folder.path,
      'several',
      [
        { name: 'n', dtype: 'int64', shape: ['batch', 1] },
        { name: 'v', shape: ['batch', 2] },
        { name: 'flag', dtype: 'bool', shape: ['batch'] },
      ],
      (b, [n = '', v = '', flag = '']) => {
        const axes = b.ints('axes', [1]);
        const columns = [
          b.add('Cast', [n], { attributes: { to: int(1) } }),
          v,
          b.add('Unsqueeze', [b.add('Cast', [flag], { attributes: { to: int(1) } }), axes]),
        ];
        b.output('y', b.add('Concat', columns, { attributes: { axis: int(1) } }), 'float32', ['batch', 4]);
      },
    );
    const data = 'v0,flag,n,v1,p,q,r,s\n1.5,true,7,2.5,7,1.5,2.5,1\n0,false,-3,1,-3,0,1,0\n';
    const options = { target: 'p,q,r,s', metrics: ['max_error'] };
    expect(await judge(model, data, options)).toMatchObject({ metrics: { max_error: 0 } });
    await expect(judge(model, data.replace('-3,1,', '-3.5,1,'), options)).rejects.toMatchObject({
      code: 'FEATURES_MISMATCH',
      message: expect.stringContaining('"n" is -3.5 in line 3'),
    });
    await expect(judge(model, data.replace('flag', 'other'), options)).rejects.toMatchObject({
      message: expect.stringContaining('no column for input flag'),
    });
  });

  it.each([1, 3])('a model with a fixed batch of %i', async (batch) => {
    const model = await through(folder.path, [batch, 3]);
    expect(await judge(model, scores)).toMatchObject({ rows: 4, metrics: { accuracy: 0.75 } });
  });

  it('small batches and a limit give the same figures', async () => {
    const whole = await judge(three, scores);
    expect((await judge(three, scores, { batch: 3 })).metrics).toEqual(whole.metrics);
    expect(await judge(three, scores, { limit: 2 })).toMatchObject({ rows: 2, metrics: { accuracy: 1 } });
  });

  it('missing values: refused, dropped, filled', async () => {
    const gaps = 'a,b,c,y\n1,,0,0\n0,1,0,1\n0,0,1,\n';
    await expect(judge(three, gaps)).rejects.toMatchObject({ code: 'LABEL_INVALID', message: /line 4/ });
    const inFeatures = gaps.replace(',\n', ',2\n');
    await expect(judge(three, inFeatures)).rejects.toMatchObject({
      code: 'FEATURES_MISMATCH',
      message: expect.stringContaining('column "b" has no value in line 2'),
    });
    expect(await judge(three, gaps, { missing: 'drop' })).toMatchObject({
      rows: 1,
      metrics: { accuracy: 1 },
    });
    expect(await judge(three, inFeatures, { missing: 'zero' })).toMatchObject({ rows: 3 });
    await expect(judge(three, inFeatures, { missing: 'keep' })).rejects.toMatchObject({
      code: 'NOT_A_NUMBER',
      message: expect.stringContaining("the model's output is not a finite number in row 0"),
    });
  });
});

describe('outputs', () => {
  it('the one asked for, hinted at, or none', async () => {
    const model = await writeModel(
      folder.path,
      'outputs',
      [{ name: 'x', shape: ['batch', 2] }],
      (b, [x = '']) => {
        b.output('kind', x, 'float32', ['batch', 2]);
        b.output('twice', b.add('Add', [x, x]), 'float32', ['batch', 2]);
      },
    );
    const data = 'a,b,kind\n0.9,0.1,0\n0.2,0.8,1\n';
    expect(await judge(model, data, { target: 'kind' })).toMatchObject({
      output: 'kind',
      metrics: { accuracy: 1 },
    });
    const renamed = data.replace('kind', 'y');
    expect(await judge(model, renamed, { output: 'twice' })).toMatchObject({ output: 'twice' });
    await expect(judge(model, renamed)).rejects.toMatchObject({
      code: 'OUTPUT_UNCLEAR',
      hint: /kind, twice/,
    });
    await expect(judge(model, renamed, { output: 'twise' })).rejects.toMatchObject({
      hint: 'did you mean twice?',
    });
  });
});

describe('what cannot be evaluated', () => {
  it.each<[string, string, EvaluateOptions, string, RegExp, RegExp]>([
    ['no target', 'a,b,c,kind\n1,0,0,0\n', {}, 'TARGET_MISSING', /which column/, /columns: a, b, c, kind/],
    [
      'a wrong target',
      scores,
      { target: 'lable' },
      'COLUMN_MISSING',
      /no column "lable"/,
      /did you mean label\?/,
    ],
    [
      'too few columns',
      'a,b,y\n1,2,0\n',
      {},
      'FEATURES_MISMATCH',
      /takes 3 numbers per row.*2 columns/,
      /--features a,b/,
    ],
    ['text', 'a,b,c,y\n1,2,red,0\n', {}, 'FEATURES_MISMATCH', /"c" is text \("red" in line 2\)/, /encode it/],
    [
      'a label outside the classes',
      scores.replace(',2\n', ',7\n'),
      {},
      'LABEL_INVALID',
      /7 in line 4/,
      /--classes/,
    ],
    [
      'a name outside the classes',
      scores.replace(',2\n', ',x\n'),
      { classes: ['0', '1', '2'] },
      'LABEL_INVALID',
      /"x" in line 4/,
      /valid: 0, 1, 2/,
    ],
    [
      'fewer names than classes',
      scores,
      { classes: ['a', 'b'] },
      'LABEL_INVALID',
      /2 class names.*3 classes/,
      /index order/,
    ],
    [
      'fractions as classes',
      scores.replace(',2\n', ',0.5\n'),
      { task: 'classification' },
      'LABEL_INVALID',
      /0.5 in line 4/,
      /./,
    ],
    [
      'not one-hot',
      'a,b,c,p,q,r\n1,0,0,1,1,0\n',
      { target: 'p,q,r', task: 'classification' },
      'LABEL_INVALID',
      /not one-hot in line 2/,
      /./,
    ],
    [
      'an unknown metric',
      scores,
      { metrics: ['acuracy'] },
      'METRIC_UNKNOWN',
      /"acuracy"/,
      /did you mean accuracy\?/,
    ],
    [
      'a metric of another task',
      scores,
      { metrics: ['rmse'] },
      'METRIC_NOT_APPLICABLE',
      /task is multiclass/,
      /accuracy/,
    ],
    [
      'an unknown task',
      scores,
      { task: 'clasification' },
      'USAGE',
      /not a task/,
      /did you mean classification\?/,
    ],
    [
      'an unknown class in a metric',
      scores,
      { metrics: ['f1[x]'] },
      'LABEL_INVALID',
      /"x"/,
      /valid: 0, 1, 2/,
    ],
    ['a wrong input name', scores, { features: ['z=a,b,c'] }, 'USAGE', /no input z/, /x/],
    ['an empty file', '', {}, 'DATA_EMPTY', /empty/, /./],
    ['a header only', 'a,b,c,y\n', {}, 'DATA_EMPTY', /nothing follows/, /./],
    ['ragged rows', 'a,b,c,y\n1,2,3\n', {}, 'DATA_INVALID', /:2: 3 fields/, /./],
  ])('%s', async (_, content, options, code, message, hint) => {
    await expect(judge(three, content, options)).rejects.toMatchObject({ code, message, hint });
  });

  it('arrays that do not fit', async () => {
    const x = encodeNpy('float32', [2, 3], new Float32Array(6));
    const y = encodeNpy('int64', [3], new BigInt64Array(3));
    const z = encodeNpy('float32', [3, 4], new Float32Array(12));
    await expect(judge(three, zipSync({ 'x.npy': x, 'y.npy': y }))).rejects.toMatchObject({
      code: 'ROWS_MISMATCH',
      message: expect.stringContaining('x has 2 rows and target y has 3'),
    });
    await expect(judge(three, zipSync({ 'x.npy': z, 'y.npy': y }))).rejects.toMatchObject({
      code: 'FEATURES_MISMATCH',
    });
    await expect(judge(three, zipSync({ 'p.npy': x, 'q.npy': x, 'y.npy': y }))).rejects.toMatchObject({
      code: 'FEATURES_MISMATCH',
      details: [expect.stringContaining('p (2×3)')],
    });
    await expect(judge(three, zipSync({ 'x.npy': x }))).rejects.toMatchObject({ code: 'TARGET_MISSING' });
  });

  it('images with their axes in another order', async () => {
    const model = await through(folder.path, ['batch', 2, 2, 3]);
    const x = encodeNpy('uint8', [1, 3, 2, 2], new Uint8Array(12));
    const y = encodeNpy('int64', [1], new BigInt64Array(1));
    await expect(judge(model, zipSync({ 'x.npy': x, 'y.npy': y }))).rejects.toMatchObject({
      code: 'FEATURES_MISMATCH',
      hint: expect.stringContaining('transpose'),
    });
  });

  it('no model, no data', async () => {
    await expect(evaluate({}, folder.context)).rejects.toMatchObject({ code: 'MODEL_NOT_GIVEN' });
    await expect(evaluate({ model: three }, folder.context)).rejects.toMatchObject({
      code: 'DATA_NOT_GIVEN',
    });
  });
});

describe('a manifest', () => {
  it('gives the model, the data, the signature and the gates; flags win', async () => {
    folder.write('data.csv', 'id,c,b,a,kind\n1,0.1,0.2,0.7,ant\n2,0.1,0.8,0.1,bee\n');
    folder.write(
      'mlctl.yaml',
      `apiVersion: mlctl/v1
name: test
model: through-batch-3.onnx
signature:
  inputs: { x: { columns: [a, b, c] } }
  outputs: { y: { labels: [ant, bee, cat] } }
evaluate:
  data: data.csv
  target: kind
  metrics: [accuracy]
  gates: { accuracy: { min: 0.9 }, f1_macro: { max: 0.5 } }
`,
    );
    const config = 'mlctl.yaml';
    const result = await evaluate({ config }, folder.context);
    expect(result).toMatchObject({
      labels: ['ant', 'bee', 'cat'],
      data: 'data.csv',
      metrics: { accuracy: 1, f1_macro: 1 },
      passed: false,
      notes: [],
    });
    expect(result.gates.map(({ metric, passed }) => [metric, passed])).toEqual([
      ['accuracy', true],
      ['f1_macro', false],
    ]);
    const flags = { config, metrics: ['recall'], gates: ['f1_macro<=1'] };
    expect(await evaluate(flags, folder.context)).toMatchObject({ passed: true, metrics: { recall: 1 } });
  });

  it('is left alone when another model and other data are named', async () => {
    expect(await judge(two, 'n,p,y\n0.1,0.9,1\n')).toMatchObject({ gates: [], labels: ['0', '1'] });
    const other = folder.write('other.csv', 'c,b,a,kind\n0.1,0.2,0.7,ant\n');
    expect(await evaluate({ model: three, data: other }, folder.context)).toMatchObject({
      features: { x: ['a', 'b', 'c'] },
      metrics: { accuracy: 1 },
    });
  });
});

describe('the demo models', () => {
  const demo = (name: string) => fileURLToPath(new URL(`../../fixtures/demo/${name}`, import.meta.url));
  const made = JSON.parse(readFileSync(demo('made.json'), 'utf8')) as { scores: Record<string, number> };

  it.each([
    ['iris.h5 accuracy on test.csv', 'accuracy', { model: 'iris.h5', data: 'test.csv', target: 'species' }],
    [
      'digits.h5 accuracy on digits-test',
      'accuracy',
      { model: 'digits.h5', data: 'digits-test-images.idx3-ubyte', scale: 1 / 255 },
    ],
    [
      'energy.h5 R² on energy-test.csv',
      'r2',
      { model: 'energy.h5', data: 'energy-test.csv', target: 'load_mw' },
    ],
  ] as const)('%s is what their maker measured', async (score, metric, { model, data, ...options }) => {
    const result = await evaluate({ model: demo(model), data: demo(data), ...options }, folder.context);
    expect(result.metrics[metric]).toBeCloseTo(made.scores[score] as number, 5);
  });
});
