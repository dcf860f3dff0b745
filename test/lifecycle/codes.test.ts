// Models whose inputs and outputs hold codes for real numbers are compared code by code when they are converted.

import { mkdtempSync, rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { quietContext } from '../../src/context.ts';
import { type ConvertOptions, convert } from '../../src/lifecycle/convert.ts';

const folder = mkdtempSync(join(tmpdir(), 'mlctl-codes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(async () => {
  for (const name of ['iris.h5', 'train.csv'])
    await copyFile(resolve('fixtures/demo', name), join(folder, name));
});

const go = async (options: ConvertOptions) => {
  const { result } = await convert(options, quietContext({ cwd: folder }));
  return result.artifacts.map(({ state }) => state);
};

it.each(['onnx', 'tflite'])('of %s', async (from) => {
  const model = `codes.${from}`;
  const dtype = { dtype: 'int8', ioDtype: 'int8', calibration: 'train.csv' };
  expect(await go({ model: 'iris.h5', to: [from], output: model, ...dtype })).toEqual(['written']);
  expect(await go({ model, to: ['onnx'], output: `from-${from}.onnx` })).toEqual(['written']);
  expect(await go({ model, to: ['tflite'], output: `from-${from}.tflite` })).toEqual(['written']);
});
