// Bad input, command by command: one clear error, exit code 2, nothing on stdout, nothing written.

import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { numbers, writeKerasHdf5 } from '../../fixtures/formats/keras/make.ts';
import { encodeOnnxBytes } from '../../src/formats/onnx/encode.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { run } from './run.ts';

const cwd = mkdtempSync(join(tmpdir(), 'mlctl-bad-'));
const at = (name: string) => join(cwd, name);
const taken = createServer();
let port = '';

const dense = (className: string, config: object = {}) => ({
  class_name: className,
  config: { name: className.toLowerCase(), units: 2, activation: 'linear', ...config },
});

function kerasFile(layers: readonly object[], weight?: Float32Array) {
  const first = {
    class_name: 'InputLayer',
    config: { name: 'x', batch_input_shape: [null, 3], dtype: 'float32' },
  };
  const kernel = { name: 'dense/kernel:0', dims: [3, 2], data: weight ?? numbers(6, 1) };
  const bias = { name: 'dense/bias:0', dims: [2], data: numbers(2, 2) };
  return {
    version: '2.11.0',
    backend: 'tensorflow',
    config: { class_name: 'Sequential', config: { name: 'net', layers: [first, ...layers] } },
    weights: { dense: [kernel, bias] },
  };
}

beforeAll(async () => {
  for (const name of ['iris.h5', 'test.csv']) copyFileSync(join('fixtures/demo', name), at(name));
  mkdirSync(at('onnx/deep'), { recursive: true });
  for (const name of ['parent', 'absolute', 'missing'])
    copyFileSync(`fixtures/formats/onnx/external/${name}.onnx`, at(`onnx/deep/${name}.onnx`));
  copyFileSync('fixtures/formats/onnx/mlp.onnx', at('onnx/mlp.onnx'));

  const whole = readFileSync(at('iris.h5'));
  const rows = readFileSync(at('test.csv'), 'utf8').split('\n');
  const contents: Readonly<Record<string, string | Uint8Array>> = {
    'cut.h5': whole.subarray(0, 5000),
    'text.h5': 'not a model\n',
    'empty.h5': '',
    'garbage.onnx': Uint8Array.from({ length: 2000 }, (_, index) => (index * 7919) % 251),
    'cut.onnx': readFileSync('fixtures/monitor/load.onnx').subarray(0, 300),
    'page.h5': '<!DOCTYPE html><html></html>',
    'pointer.onnx': 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n',
    'net.tflite': '\x20\0\0\0TFL3\0\0\0\0',
    'model.json': '{"format": "layers-model", "modelTopology": {}}',
    'net.mlmodel': '\x08\x01\x12\x02\x0a\x00',
    'photo.png': Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13),
    'empty.csv': '',
    'header.csv': `${rows[0]}\n`,
    'narrow.csv': rows.map((row) => row.split(',').slice(1).join(',')).join('\n'),
    'words.csv': rows.map((row, index) => (index === 3 ? row.replace(/^[^,]*/, 'tall') : row)).join('\n'),
    'ragged.csv': `${rows.slice(0, 3).join('\n')}\n1,2,3,4,setosa,6,7\n`,
    'labels.csv': rows.map((row, index) => (index === 3 ? row.replace(/[^,]*$/, 'daisy') : row)).join('\n'),
    'typo.yaml': 'apiVersion: mlctl/v1\nname: iris\nmodel: iris.h5\nevalute:\n  data: test.csv\n',
    'broken.yaml': 'apiVersion: mlctl/v1\nname: [iris\n',
    'gone.yaml': 'apiVersion: mlctl/v1\nname: iris\nmodel: gone.h5\n',
    'taken.yaml': 'here first\n',
  };
  for (const [name, content] of Object.entries(contents))
    writeFileSync(at(name), typeof content === 'string' ? Buffer.from(content, 'latin1') : content);
  mkdirSync(at('saved/variables'), { recursive: true });
  writeFileSync(at('saved/saved_model.pb'), Uint8Array.of(8, 1, 18, 2, 10, 0));

  const b = new GraphBuilder('bits');
  b.output('y', b.add('BitwiseNot', [b.input('x', 'int32', [2])]), 'int32', [2]);
  writeFileSync(at('bits.onnx'), await encodeOnnxBytes(b.model({ name: 'test', version: '0' })));
  await writeKerasHdf5(at('weights.h5'), { ...kerasFile([]), isWeightsOnly: true });
  await writeKerasHdf5(at('lambda.h5'), kerasFile([dense('Lambda'), dense('Dense')]));
  await writeKerasHdf5(
    at('unknown.h5'),
    kerasFile([dense('Dense'), dense('WarpDrive'), dense('FluxCapacitor')]),
  );
  await writeKerasHdf5(at('nan.h5'), kerasFile([dense('Dense')], Float32Array.of(1, Number.NaN, 3, 4, 5, 6)));

  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const address = taken.address();
  port = String(typeof address === 'object' ? address?.port : 0);
});

afterAll(async () => {
  rmSync(cwd, { recursive: true, force: true });
  await new Promise((resolve) => taken.close(resolve));
});

function listing(): string[] {
  return readdirSync(cwd, { recursive: true }).map(String).sort();
}

type Case = readonly [argv: readonly string[], code: string, words: RegExp];

const species = ['-t', 'species'];

/** Files that are not models, for every command that takes one. */
const models: readonly (readonly [file: string, code: string, words: RegExp])[] = [
  ['cut.h5', 'MODEL_DAMAGED', /cut off: 5000 of \d+ bytes/],
  ['weights.h5', 'WEIGHTS_ONLY', /model\.save/],
  ['text.h5', 'FORMAT_UNKNOWN', /text file that starts "not a model"/],
  ['empty.h5', 'FORMAT_UNKNOWN', /it is empty/],
  ['page.h5', 'FORMAT_UNKNOWN', /web page/],
  ['pointer.onnx', 'FORMAT_UNKNOWN', /git lfs pull/],
  ['garbage.onnx', 'FORMAT_UNKNOWN', /it reads .*ONNX/],
  ['cut.onnx', 'MODEL_DAMAGED', /cut\.onnx/],
  ['net.tflite', 'MODEL_DAMAGED', /net\.tflite/],
  ['model.json', 'FORMAT_NOT_YET', /TensorFlow\.js/],
  ['net.mlmodel', 'FORMAT_NOT_YET', /Core ML/],
  ['saved', 'FORMAT_NOT_YET', /SavedModel/],
  ['photo.png', 'FORMAT_UNKNOWN', /PNG image/],
  ['test.csv', 'FORMAT_UNKNOWN', /CSV file.*--data/s],
  ['onnx', 'FORMAT_UNKNOWN', /name a file in it: mlp\.onnx/],
  ['gone.h5', 'FILE_NOT_FOUND', /gone\.h5 does not exist/],
  ['-', 'USAGE', /not from standard input/],
];

/** What can be looked at, but not run. */
const refused: readonly (readonly [file: string, code: string, words: RegExp])[] = [
  ['lambda.h5', 'OP_UNSUPPORTED', /Lambda/],
  ['unknown.h5', 'OP_UNSUPPORTED', /FluxCapacitor.*WarpDrive|WarpDrive.*FluxCapacitor/s],
  ['onnx/deep/parent.onnx', 'EXTERNAL_DATA_OUTSIDE', /\.\.\/mlp\.onnx leads out/],
  ['onnx/deep/absolute.onnx', 'EXTERNAL_DATA_OUTSIDE', /absolute path/],
  ['onnx/deep/missing.onnx', 'EXTERNAL_DATA_MISSING', /nowhere\.bin/],
];

const commands: Readonly<Record<string, (model: string) => readonly string[]>> = {
  convert: (model) => ['convert', model, '-o', 'out.onnx'],
  evaluate: (model) => ['evaluate', model, '-d', 'test.csv', ...species, '--junit', 'out.xml'],
  predict: (model) => ['predict', model, '-d', 'test.csv', ...species, '-o', 'out.csv'],
  deploy: (model) => ['deploy', model, '--name', 'net', '--port', '0'],
  serve: (model) => ['serve', model, '--port', '0'],
};
const lookers: typeof commands = {
  inspect: (model) => ['inspect', model],
  init: (model) => ['init', model],
};

const cases: readonly Case[] = [
  ...models.flatMap(([file, code, words]) =>
    Object.values({ ...commands, ...lookers }).map((command): Case => [command(file), code, words]),
  ),
  ...refused.flatMap(([file, code, words]) =>
    Object.values(commands).map((command): Case => [command(file), code, words]),
  ),
  [['inspect', 'lambda.h5', '--ops'], 'OP_UNSUPPORTED', /Lambda/],

  // Data.
  ...['evaluate', 'predict'].flatMap((command): Case[] => [
    [[command, 'iris.h5', '-d', 'empty.csv', ...species], 'DATA_EMPTY', /it is empty/],
    [[command, 'iris.h5', '-d', 'header.csv', ...species], 'DATA_EMPTY', /nothing follows/],
    [[command, 'iris.h5', '-d', 'gone.csv', ...species], 'FILE_NOT_FOUND', /gone\.csv/],
    [[command, 'iris.h5', '-d', 'ragged.csv', ...species], 'DATA_INVALID', /ragged\.csv:4/],
    [[command, 'iris.h5', '-d', 'narrow.csv', ...species], 'FEATURES_MISMATCH', /4/],
    [[command, 'iris.h5', '-d', 'words.csv', ...species], 'FEATURES_MISMATCH', /sepal_length.*tall/s],
    [[command, 'iris.h5', '-d', 'test.csv', '-t', 'specis'], 'COLUMN_MISSING', /did you mean species\?/],
    [
      [command, 'iris.h5', '-d', 'photo.png', ...species],
      'FEATURES_MISMATCH',
      /the data is images.*4 numbers/,
    ],
    [[command, 'iris.h5', '-d', 'iris.h5', ...species], 'DATA_UNKNOWN', /HDF5/],
    [[command, 'iris.h5'], 'DATA_NOT_GIVEN', /--data/],
  ]),
  [['evaluate', 'iris.h5', '-d', 'labels.csv', ...species], 'LABEL_INVALID', /daisy/],
  [['evaluate', 'iris.h5', '-d', 'test.csv', '-m', 'acuracy'], 'METRIC_UNKNOWN', /did you mean accuracy\?/],
  [['evaluate', 'iris.h5', '-d', 'test.csv', '-g', 'acuracy>1'], 'METRIC_UNKNOWN', /did you mean accuracy\?/],
  [['evaluate', 'iris.h5', '-d', 'test.csv', '-g', 'accuracy'], 'GATE_INVALID', /no comparison/],
  [
    ['evaluate', 'iris.h5', '-d', 'test.csv', ...species, '-m', 'accuracy', '--task', 'regression'],
    'LABEL_INVALID',
    /regression needs numbers/,
  ],
  [
    ['init', 'iris.h5', '--data', 'test.csv', '--target', 'specis'],
    'COLUMN_MISSING',
    /did you mean species\?/,
  ],
  [['init', 'iris.h5', '--data', 'empty.csv', '--target', 'species'], 'DATA_EMPTY', /empty\.csv/],
  [['init', 'iris.h5', '--target', 'species'], 'USAGE', /--target needs --data/],
  [['init', 'iris.h5', '--reference', 'gone.csv'], 'FILE_NOT_FOUND', /gone\.csv/],
  [['init', 'iris.h5', '--name', 'my model'], 'USAGE', /is not a name/],

  // The manifest: every command that reads one.
  ...['convert', 'evaluate', 'predict', 'deploy', 'inspect', 'serve', 'status', 'stop', 'monitor'].flatMap(
    (command): Case[] => [
      [
        [command, '-c', 'typo.yaml'],
        'MANIFEST_INVALID',
        /typo\.yaml:4:1 {2}unknown key evalute; did you mean evaluate\?\n.*4 \| evalute:\n.*\| \^/,
      ],
      [[command, '-c', 'broken.yaml'], 'MANIFEST_INVALID', /broken\.yaml:\d+:\d+/],
      [[command, '-c', 'gone/mlctl.yaml'], 'FILE_NOT_FOUND', /gone\/mlctl\.yaml/],
    ],
  ),
  ...['convert', 'inspect', 'deploy', 'serve'].map(
    (command): Case => [[command, '-c', 'gone.yaml'], 'FILE_NOT_FOUND', /gone\.h5/],
  ),

  // Places that cannot be written.
  [['convert', 'iris.h5', '-o', 'no/out.onnx'], 'FILE_UNWRITABLE', /no such folder/],
  [['convert', 'iris.h5', '-o', 'iris.h5/out.onnx'], 'FILE_UNWRITABLE', /not a folder/],
  [['convert', 'iris.h5', '--to', 'onnx', '-o', '/dev/full'], 'FILE_UNWRITABLE', /not a regular file/],
  [['convert', 'iris.h5', '--to', 'onnx', '-o', 'iris.h5'], 'OUTPUT_IS_INPUT', /never overwritten/],
  [['convert', 'iris.h5', '--to', 'onnx', '-o', 'test.csv'], 'FILE_EXISTS', /--force/],
  [['predict', 'iris.h5', '-d', 'test.csv', '-o', 'no/out.csv'], 'FILE_UNWRITABLE', /no such folder/],
  [['predict', 'iris.h5', '-d', 'test.csv', '-o', '/dev/full'], 'FILE_UNWRITABLE', /not a regular file/],
  [['evaluate', 'iris.h5', '-d', 'test.csv', '--junit', 'no/o.xml'], 'FILE_UNWRITABLE', /no such folder/],
  [['evaluate', 'iris.h5', '-d', 'test.csv', '--markdown', 'saved'], 'FILE_UNWRITABLE', /it is a folder/],
  [['init', 'iris.h5', '-o', 'no/mlctl.yaml'], 'FILE_UNWRITABLE', /no such folder/],
  [['init', 'iris.h5', '-o', 'taken.yaml'], 'FILE_EXISTS', /--force/],

  // Words.
  [['convert', 'iris.h5', '--to', 'onxx'], 'USAGE', /did you mean onnx\?/],
  [['convert', 'iris.h5', '-o', 'out.mlmodel'], 'USAGE', /\.mlmodel.*onnx/s],
  [['convert', 'iris.h5'], 'USAGE', /--to onnx/],
  [['convert', 'iris.h5', '-o', 'o.onnx', '--opset', '8'], 'USAGE', /opset 9 to 26, not 8/],
  [['convert', 'iris.h5', '-o', 'o.tflite', '--opset', '13'], 'USAGE', /--opset says nothing about/],
  [['convert', 'iris.h5', '-o', 'o.onnx', '--opset', 'new'], 'USAGE', /--opset takes a whole number/],
  [['convert', 'iris.h5', '-o', 'o.onnx', '--batch', '0'], 'USAGE', /--batch takes a whole number above 0/],
  [['convert', 'iris.h5', '-o', 'o.onnx', '--outputs', 'spezies'], 'USAGE', /did you mean species\?/],
  [['convert', 'iris.h5', '-o', 'o.onnx', '--rename', 'species'], 'USAGE', /takes old=new/],
  [['convert', 'iris.h5', '-o', 'o.onnx', '--rename', 'specie=x'], 'USAGE', /did you mean species\?/],
  [['convert', 'iris.h5', '-o', 'o.onnx', '--inputs-as-nchw', 'all'], 'USAGE', /no input has 4 or 5 axes/],
  [['convert', 'bits.onnx', '-o', 'o.onnx', '--opset', '13'], 'OPSET_TOO_OLD', /BitwiseNot.*18.*--opset 18/s],
  [
    ['convert', 'iris.h5', '-o', 'o.tflite', '--io-dtype', 'uint8'],
    'USAGE',
    /--io-dtype says nothing without --dtype\nhint: add --dtype int8\n/,
  ],
  [
    ['convert', 'iris.h5', '-o', 'o.tflite', '--dtype', 'float32', '--io-dtype', 'int16'],
    'USAGE',
    /--io-dtype says nothing with --dtype float32\nhint: say --dtype int16x8\n/,
  ],
  [['convert', 'iris.h5', '-o', 'o.onnx', '--state-as-io'], 'USAGE', /--state-as-io is not for Keras/],
  [['inspect', 'iris.h5', '--target', 'onxx'], 'USAGE', /did you mean onnx\?/],
  [['inspect', 'cut.h5', '--target', 'onnx'], 'MODEL_DAMAGED', /cut off: 5000 of \d+ bytes/],
  [['inspect', 'iris.h5', '--from', 'onnx'], 'USAGE', /iris\.h5 is Keras .*not ONNX.*--from keras/s],
  [['inspect', 'onnx/mlp.onnx', '--from', 'keras'], 'USAGE', /mlp\.onnx is ONNX, not Keras/],
  [['convert', 'photo.png', '--from', 'onnx', '-o', 'o.onnx'], 'FORMAT_UNKNOWN', /PNG image/],
  [['convert', 'net.tflite', '--from', 'keras', '-o', 'o.onnx'], 'USAGE', /net\.tflite is TFLite, not Keras/],
  [['serve', 'iris.h5', '--port', '99999'], 'USAGE', /0 to 65535/],
  [['deploy', 'iris.h5', '--target', 'locl'], 'USAGE', /did you mean local\?/],
  [['doctor', 'gone.h5'], 'FILE_NOT_FOUND', /gone\.h5 does not exist/],
  [['doctor', 'iris.h5', '--weights', 'gone.h5'], 'FILE_NOT_FOUND', /gone\.h5/],
  [['doctor', '-'], 'USAGE', /not from standard input/],
  [['doctor', 'iris.h5', '--from', 'kers'], 'USAGE', /did you mean keras\?/],
  [['doctor', '-c', 'nowhere.yaml'], 'FILE_NOT_FOUND', /nowhere\.yaml/],
  [['rollback', 'iris'], 'NOT_DEPLOYED', /mlctl deploy/],
  [['monitor', '--log', 'gone'], 'LOG_NOT_FOUND', /gone/],
];

describe('bad input', () => {
  it.each(cases.map(([argv, ...rest]) => [argv.join(' '), argv, ...rest] as const))(
    '%s',
    async (_, argv, code, words) => {
      const before = listing();
      const { code: exitCode, stdout, stderr } = await run(...argv, { cwd });
      const report = stderr.slice(stderr.indexOf('error: '));
      expect(report.match(/^error: (\w+)/)?.[1], stderr).toBe(code);
      expect(report).toMatch(words);
      expect(exitCode).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).not.toMatch(/\n\s+at \S+ \(|a bug in mlctl/);
      expect(stderr.match(/^error: /gm)).toHaveLength(1);
      expect(listing()).toEqual(before);
    },
  );

  it.each(['serve', 'deploy'])('%s: a port that is taken', async (command) => {
    const before = listing();
    const { code, stdout, stderr } = await run(command, 'iris.h5', '--port', port, { cwd });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`error: PORT_IN_USE  port ${port} on 127.0.0.1`);
    expect(stderr).toContain('hint: --port 0');
    expect(listing()).toEqual(before);
  });

  it('NaN weights are a warning, not an error', async () => {
    const { code, stderr } = await run('convert', 'nan.h5', '--to', 'onnx', '--dry-run', { cwd });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: .*NaN/m);
    expect(stderr).toContain('dense');
  });

  it('inspect --target says no with every layer and its way out, and exits with 1', async () => {
    const { code, stdout, stderr } = await run('inspect', 'unknown.h5', '--target', 'onnx', { cwd });
    expect(code).toBe(1);
    expect(stdout).toMatch(/FluxCapacitor ×1 \(fluxcapacitor\): .*\n +rebuild it from built-in layers/);
    expect(stdout).toMatch(/WarpDrive/);
    expect(stdout).toContain('cannot be written as onnx');
    expect(stderr).not.toContain('Next:');
    const json = await run('inspect', 'lambda.h5', '--target', 'onnx', '--json', { cwd });
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout).target).toEqual({
      format: 'onnx',
      convertible: false,
      unsupported: [
        {
          opType: 'Lambda',
          reason: 'Python code, never run',
          where: ['lambda'],
          hint: expect.stringContaining('built-in layers'),
        },
      ],
      notes: [],
    });
    const quiet = await run('inspect', 'iris.h5', '--target', 'onnx', '--quiet', { cwd });
    expect(quiet).toEqual({ code: 0, stdout: 'onnx yes\n', stderr: '' });
  });

  it('inspect lists every layer it cannot convert, and is no failure', async () => {
    const { code, stdout } = await run('inspect', 'unknown.h5', { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/cannot be converted:.*FluxCapacitor/s);
    expect(stdout).toContain('WarpDrive');
  });
});
