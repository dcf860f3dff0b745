// How close a file has to be follows what the model computes in: codes are compared code by code, half precision within half
// precision where the target computes in float32.

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
const toleranceOf = async (options: ConvertOptions) => {
  const { result } = await convert({ ...options, force: true }, quietContext({ cwd: folder }));
  return result.artifacts[0]?.parity?.tolerance;
};

it.each(['onnx', 'tflite'])('of %s', async (from) => {
  const model = `codes.${from}`;
  const dtype = { dtype: 'int8', ioDtype: 'int8', calibration: 'train.csv' };
  expect(await go({ model: 'iris.h5', to: [from], output: model, ...dtype })).toEqual(['written']);
  expect(await go({ model, to: ['onnx'], output: `from-${from}.onnx` })).toEqual(['written']);
  expect(await go({ model, to: ['tflite'], output: `from-${from}.tflite` })).toEqual(['written']);
});

it('of codes again, which a warning says', async () => {
  const dtype = { dtype: 'int8', calibration: 'train.csv' };
  await go({ model: 'iris.h5', to: ['tflite'], output: 'once.tflite', ...dtype });
  const notes: string[] = [];
  const context = quietContext({ cwd: folder, diagnose: ({ code }) => notes.push(code) });
  await convert({ model: 'iris.h5', to: ['tflite'], output: 'first.tflite', ...dtype }, context);
  await convert({ model: 'once.tflite', to: ['tflite'], output: 'plain.tflite' }, context);
  expect(notes).not.toContain('CODES_AGAIN');
  await convert({ model: 'once.tflite', to: ['tflite'], output: 'twice.tflite', ...dtype }, context);
  expect(notes).toContain('CODES_AGAIN');
});

it('a model that computes in float16 is held to that by kernels of float32 only', async () => {
  await go({ model: 'iris.h5', to: ['onnx'], output: 'half.onnx', dtype: 'float16' });
  expect(await toleranceOf({ model: 'half.onnx', to: ['tflite'] })).toBe(1e-2);
  expect(await toleranceOf({ model: 'half.onnx', to: ['onnx'], output: 'same.onnx' })).toBe(1e-4);
  expect(await toleranceOf({ model: 'half.onnx', to: ['tflite'], tolerance: 0.5 })).toBe(0.5);
});

it('one that only stores its weights in float16 is held to float32', async () => {
  await go({ model: 'iris.h5', to: ['tflite'], output: 'stored.tflite', dtype: 'float16' });
  expect(await toleranceOf({ model: 'stored.tflite', to: ['tflite'], output: 'again.tflite' })).toBe(1e-4);
});
