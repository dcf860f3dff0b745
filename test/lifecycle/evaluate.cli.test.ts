// The evaluate and predict commands: streams, exit codes, JSON keys, reports.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { run } from '../cli/run.ts';
import { temporaryFolder } from '../datasets/folder.ts';
import { through } from './evaluate-models.ts';

const folder = temporaryFolder();
const at = { cwd: folder.path };
beforeAll(async () => {
  await through(folder.path, ['batch', 3], 'three');
  folder.write(
    'test.csv',
    'a,b,c,kind\n0.7,0.2,0.1,ant\n0.1,0.8,0.1,bee\n0.2,0.2,0.6,cat\n0.6,0.3,0.1,bee\n',
  );
});

const evaluate = (...words: string[]) =>
  run('evaluate', 'three.onnx', '-d', 'test.csv', '-t', 'kind', ...words, at);

describe('evaluate', () => {
  it('prints figures, classes, the matrix and the next command', async () => {
    const { code, stdout, stderr } = await evaluate();
    expect(code).toBe(0);
    expect(stdout).toContain('three.onnx on test.csv: 4 rows, multiclass, 3 classes');
    expect(stdout).toMatch(/^accuracy\t0\.7500$/m);
    expect(stdout).toMatch(/^bee\t1\.0000\t0\.5000\t0\.6667\t2$/m);
    expect(stdout).toMatch(/^bee\t1\t1\t0$/m);
    expect(stdout).toContain('alphabetical order: ant, bee, cat');
    expect(stderr).toContain('Next: mlctl serve three.onnx');
  });

  it('answers with the exit code', async () => {
    const passed = await evaluate('-g', 'accuracy>=0.75', '-g', 'recall[ant]==1');
    expect([passed.code, passed.stdout]).toEqual([
      0,
      expect.stringContaining('✓ passed  accuracy 0.7500 >= 0.75'),
    ]);
    const failed = await evaluate('-g', 'accuracy>=0.75', '-g', 'f1>0.9');
    expect([failed.code, failed.stdout]).toEqual([1, expect.stringContaining('✗ failed  f1 0.7778 > 0.9')]);
    const wrong = await evaluate('-g', 'accuracy=>0.75');
    expect([wrong.code, wrong.stdout]).toEqual([2, '']);
    expect(wrong.stderr).toContain('error: GATE_INVALID');
  });

  it('is one JSON document with these keys', async () => {
    const { code, stdout, stderr } = await evaluate(
      '--json',
      '-m',
      'accuracy,f1',
      '-m',
      'mcc',
      '-g',
      'f1>0.9',
    );
    expect([code, stderr]).toEqual([1, '']);
    const document = JSON.parse(stdout) as Record<string, unknown>;
    expect(Object.keys(document).sort()).toEqual(
      [
        'averages',
        'confusionMatrix',
        'data',
        'dataDigest',
        'diagnostics',
        'digest',
        'features',
        'format',
        'gates',
        'labels',
        'metrics',
        'model',
        'notes',
        'output',
        'passed',
        'perClass',
        'rows',
        'rowsPerSecond',
        'runtime',
        'schema',
        'target',
        'task',
      ].sort(),
    );
    expect(document).toMatchObject({
      schema: 'mlctl/evaluate@1',
      metrics: { accuracy: 0.75, f1: expect.closeTo(7 / 9, 6), matthews: expect.any(Number) },
      gates: [{ metric: 'f1', comparison: '>', limit: 0.9, actual: expect.closeTo(7 / 9, 6), passed: false }],
    });
  });

  it('turns figures that do not exist into null, with a finding', async () => {
    folder.write('one.csv', 'a,b,c,kind\n0.7,0.2,0.1,0\n');
    const words = [
      'evaluate',
      'three.onnx',
      '-d',
      'one.csv',
      '-t',
      'kind',
      '-m',
      'roc_auc',
      '-g',
      'roc_auc>=0',
      '--json',
    ];
    const { code, stdout } = await run(...words, at);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      metrics: { roc_auc: null },
      gates: [{ actual: null, passed: false }],
      diagnostics: [{ code: 'METRIC_UNDEFINED' }, { code: 'GATE_UNDEFINED' }],
    });
  });

  it('is quiet with -q, and answers to eval', async () => {
    const { stdout, stderr } = await run('eval', 'three.onnx', '-d', 'test.csv', '-t', 'kind', '-q', at);
    expect([stdout, stderr]).toEqual(['0.75\n', '']);
  });

  it('errors are JSON too', async () => {
    const { code, stdout } = await evaluate('--json', '-m', 'acuracy');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'METRIC_UNKNOWN', message: '"acuracy" is not a metric', hint: 'did you mean accuracy?' },
    });
  });

  it('reads standard input', async () => {
    const { code, stdout } = await run('evaluate', 'three.onnx', '-d', '-', '-q', {
      ...at,
      stdin: 'a,b,c,y\n1,0,0,0\n0,1,0,2\n',
    });
    expect([code, stdout]).toEqual([0, '0.5\n']);
    const terminal = await run('evaluate', 'three.onnx', '-d', '-', { ...at, isTTY: true });
    expect([terminal.code, terminal.stdout]).toEqual([2, '']);
    expect(terminal.stderr).toContain('waits for data on standard input');
  });

  it('writes JUnit and Markdown', async () => {
    const { code } = await evaluate(
      '-g',
      'f1>0.9',
      '-g',
      'accuracy>=0.5',
      '--junit',
      'j.xml',
      '--markdown',
      'm.md',
    );
    expect(code).toBe(1);
    const junit = readFileSync(join(folder.path, 'j.xml'), 'utf8');
    expect(junit).toContain('<testsuites tests="2" failures="1" errors="0">');
    expect(junit).toContain('<failure message="f1 0.7778 &gt; 0.9" type="gate"/>');
    expect(junit).toContain('<property name="accuracy" value="0.75"/>');
    const markdown = readFileSync(join(folder.path, 'm.md'), 'utf8');
    expect(markdown).toContain('| accuracy | 0.7500 |');
    expect(markdown).toContain('| f1 0.7778 > 0.9 | **failed** |');
    const page = await evaluate('--markdown', '-');
    expect(page.stdout.startsWith('## Evaluation of `three.onnx`')).toBe(true);
    expect((await evaluate('--markdown', '-', '--json')).code).toBe(2);
    const unwritable = await evaluate('--junit', 'no-such-folder/j.xml');
    expect(unwritable.code).toBe(2);
    expect(unwritable.stderr).toMatch(/^error: FILE_UNWRITABLE/);
    const one = await evaluate('--junit', '-');
    expect(one.stdout.startsWith('<?xml')).toBe(true);
    expect((await evaluate('--junit', '-', '--markdown', '-')).code).toBe(2);
  });
});

describe('flags', () => {
  it.each([
    ['--scale', '1/0', /fraction/],
    ['--scale', 'x', /fraction/],
    ['--mean', '1,,2', /fraction/],
    ['--batch', '0', /above 0/],
    ['--missing', 'zeros', /did you mean zero\?/],
    ['--delimiter', 'ab', /one character/],
    ['--average', 'mean', /binary, micro, macro or weighted/],
  ])('%s %s is refused', async (flag, value, message) => {
    const { code, stderr } = await evaluate(flag, value);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('say whether there is a header', async () => {
    folder.write('numbers.csv', '1,2,3,0\n1,0,0,0\n');
    const rows = async (...words: string[]) => {
      const { stdout } = await run(
        'evaluate',
        'three.onnx',
        '-d',
        'numbers.csv',
        '-t',
        '-1',
        '--json',
        ...words,
        at,
      );
      return (JSON.parse(stdout) as { rows: number }).rows;
    };
    expect([await rows(), await rows('--header'), await rows('--no-header')]).toEqual([2, 1, 2]);
  });
});

describe('predict', () => {
  it('writes rows to stdout and nothing else', async () => {
    const { code, stdout } = await run(
      'predict',
      'three.onnx',
      '-d',
      'test.csv',
      '-t',
      'kind',
      '--limit',
      '1',
      at,
    );
    expect([code, stdout]).toEqual([0, 'y_0,y_1,y_2\n0.7,0.2,0.1\n']);
  });

  it('is one JSON document with --json', async () => {
    const { stdout } = await run(
      'predict',
      'three.onnx',
      '-d',
      'test.csv',
      '-t',
      'kind',
      '--limit',
      '1',
      '--json',
      at,
    );
    const document = JSON.parse(stdout) as Record<string, unknown>;
    expect(Object.keys(document).sort()).toEqual([
      'columns',
      'data',
      'dataDigest',
      'diagnostics',
      'digest',
      'file',
      'format',
      'model',
      'predictions',
      'rows',
      'rowsPerSecond',
      'schema',
    ]);
    expect(document.predictions).toEqual([{ y_0: 0.7, y_1: 0.2, y_2: 0.1 }]);
  });

  it('says what it wrote', async () => {
    const { stdout } = await run(
      'predict',
      'three.onnx',
      '-d',
      'test.csv',
      '-t',
      'kind',
      '-o',
      'p.jsonl',
      '-q',
      at,
    );
    expect(stdout).toBe('p.jsonl\n');
    expect(readFileSync(join(folder.path, 'p.jsonl'), 'utf8').split('\n')).toHaveLength(5);
  });
});
