// Two conversions of one file give the same bytes: again, in another folder, and in another process.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { quietContext } from '../../src/context.ts';
import { MlctlError } from '../../src/errors.ts';
import { formats } from '../../src/formats/index.ts';
import { type ConvertOptions, convert } from '../../src/lifecycle/convert.ts';

const root = mkdtempSync(join(tmpdir(), 'identical-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let folders = 0;
function newFolder(): string {
  // Not all of one length: no path may get into a file.
  const folder = join(root, `${'long-'.repeat(folders % 7)}${folders++}`);
  mkdirSync(folder);
  return folder;
}

/** A copy in a folder of its own, with the files beside it that it needs. */
function copied(path: string): string {
  const folder = newFolder();
  for (const file of path.endsWith('.onnx') ? readdirSync(dirname(path)) : [basename(path)]) {
    if (file === basename(path) || file.endsWith('.bin'))
      copyFileSync(join(dirname(path), file), join(folder, file));
  }
  return folder;
}

function digestsOf(folder: string): Record<string, string> {
  const digest = (file: string) =>
    createHash('sha256')
      .update(readFileSync(join(folder, file)))
      .digest('hex');
  return Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((file) => [file, digest(file)]),
  );
}

/** What is written, or why nothing is. */
async function outcome(path: string, to: string, numbers: ConvertOptions = {}): Promise<unknown> {
  const cwd = copied(path);
  const output = `out${formats.find(({ name }) => name === to)?.extensions[0] ?? ''}`;
  try {
    const options = { model: basename(path), to: [to], output, verify: false, ...numbers };
    await convert(options, quietContext({ cwd }));
    return digestsOf(cwd);
  } catch (error) {
    if (!(error instanceof MlctlError)) throw error;
    return { code: error.code, details: error.details };
  }
}

const fixtures = [
  'demo/digits.h5',
  'demo/energy.h5',
  'demo/iris.h5',
  'formats/keras/tiny.h5',
  'formats/onnx/mlp.onnx',
  'formats/onnx/opset-7.onnx',
  'formats/onnx/external/inside.onnx',
  'monitor/load.onnx',
].map((name) => resolve('fixtures', name));
const writable = formats.filter(({ write }) => write !== undefined).map(({ name }) => name);

describe.each(writable)('two conversions to %s', (to) => {
  it.each(fixtures)('of %s are the same', async (path) => {
    const first = await outcome(path, to);
    expect(await outcome(path, to)).toEqual(first);
    expect(first).not.toHaveProperty('code');
  });
});

const calibration = resolve('fixtures/demo/train.csv');

describe.each(writable)('two conversions of smaller numbers to %s', (to) => {
  it.each<[string, ConvertOptions]>([
    ['float16', {}],
    ['dynamic-int8', {}],
    ['int8', { calibration }],
    ['int8', { calibration, calibrationMethod: 'entropy', ioDtype: 'int8' }],
    ['int16x8', { calibration, ioDtype: 'int16' }],
  ])('%s %j are the same', async (dtype, options) => {
    const path = resolve('fixtures/demo/iris.h5');
    const first = await outcome(path, to, { dtype, ...options });
    expect(first).not.toHaveProperty('code');
    expect(await outcome(path, to, { dtype, ...options })).toEqual(first);
  });
});

const elsewhere = fixtures.filter((path) => /digits|inside|opset/.test(path));

it.each(writable.flatMap((to) => elsewhere.map((path) => [to, path] as const)))(
  'another process writes the same %s from %s',
  async (to, path) => {
    const here = await outcome(path, to);
    const there = copied(path);
    const words = ['convert', basename(path), '--to', to, '--output', `out.${to}`, '--no-verify', '--quiet'];
    const { status, stderr } = spawnSync(process.execPath, [resolve('bin/mlctl.js'), ...words], {
      cwd: there,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(digestsOf(there)).toEqual(here);
  },
  20_000,
);

const corpus = process.env.MLCTL_CORPUS ?? '';

describe.skipIf(corpus === '')('files of the corpus (set MLCTL_CORPUS to run)', () => {
  it.each([
    'keras-h5/mini-xception/fer2013_mini_XCEPTION.102-0.66.hdf5',
    'keras-h5/stock-transformer/transformer_BTC.h5',
    'keras-h5/dot-res-lstm/dot_res_lstm-02-0.76.hdf5',
    'keras-h5/katakana-seq2seq/model.h5',
    'keras-h5/wine-11in-2out/wine_model.h5',
    'keras-v3/transformer/transformer.keras',
    'keras-v3/style-transfer/model.keras',
    'onnx/ultraface/version-RFB-320.onnx',
    'onnx/portrait-seg/SINet_Softmax.onnx',
    'onnx/silero-vad/silero_vad_half.onnx',
  ])('%s', async (file) => {
    const path = join(corpus, file);
    for (const to of writable) {
      const first = await outcome(path, to);
      const isWritten = to === 'onnx' || !file.includes('silero');
      if (isWritten) expect(first).not.toHaveProperty('code');
      expect(await outcome(path, to)).toEqual(first);
    }
  });
});
