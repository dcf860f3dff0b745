// An architecture in JSON with its weights in another file: what a whole model gives, the two give together.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeObjectWeights } from '../../../fixtures/formats/keras/archive.ts';
import { type WeightFixture, writeKerasHdf5 } from '../../../fixtures/formats/keras/make.ts';
import { quietContext } from '../../../src/context.ts';
import { MlctlError } from '../../../src/errors.ts';
import keras from '../../../src/formats/keras/index.ts';
import { convert } from '../../../src/lifecycle/convert.ts';
import { inspect } from '../../../src/lifecycle/inspect.ts';
import {
  biasA,
  biasB,
  bothWeights,
  expected,
  feed,
  input,
  kernelA,
  kernelB,
  layer,
  model,
  stored,
} from './architecture.ts';
import { expectClose, runModel, temporaryPath } from './run.ts';

const architecture = {
  ...model(
    'm',
    [
      input('p', 3),
      layer('Dense', 'a', { units: 2, activation: 'relu' }, [['p', 0, 0, {}]]),
      layer('Dense', 'b', { units: 1 }, [['a', 0, 0, {}]]),
    ],
    [['p', 0, 0]],
    [['b', 0, 0]],
  ),
  keras_version: '2.4.0',
  backend: 'tensorflow',
};

function writeJson(value: unknown = architecture): string {
  const path = temporaryPath('model.json');
  writeFileSync(path, JSON.stringify(value, null, 2));
  return path;
}

async function writeWeights(weights: Readonly<Record<string, readonly WeightFixture[]>>): Promise<string> {
  const path = temporaryPath('weights.h5');
  await writeKerasHdf5(path, { isWeightsOnly: true, weights, version: '2.4.0' });
  return path;
}

async function run(json: string, weights: string) {
  const read = await keras.read(json, quietContext(), { weights });
  const { b } = await runModel(read, { p: feed });
  return b?.data as Float32Array;
}

async function refusal(work: Promise<unknown>, ...paths: string[]): Promise<string> {
  const error: unknown = await work.then(
    () => expect.unreachable('it was read'),
    (cause) => cause,
  );
  if (!(error instanceof MlctlError)) throw error;
  return paths.reduce((text, path) => text.replaceAll(path, 'FILE'), `${error.code} ${error.message}`);
}

describe('an architecture in JSON', () => {
  it('takes weights listed by layer', async () => {
    const weights = await writeWeights({ p: [], ...bothWeights });
    expectClose(await run(writeJson(), weights), expected);
    const { formatVersion, parameters } = await keras.describe(writeJson(), quietContext(), { weights });
    expect([formatVersion, parameters]).toEqual(['Keras 2.4.0 (JSON and weights)', 11]);
  });

  it('takes weights of a whole model', async () => {
    const path = temporaryPath('model.h5');
    await writeKerasHdf5(path, { config: architecture, weights: bothWeights });
    expectClose(await run(writeJson(), path), expected);
  });

  it('takes weights kept by object, as .weights.h5 has them', async () => {
    const path = temporaryPath('model.weights.h5');
    await writeObjectWeights(path, {
      'layers/dense': [
        { dims: [3, 2], data: kernelA },
        { dims: [2], data: biasA },
      ],
      'layers/dense_1': [
        { dims: [2, 1], data: kernelB },
        { dims: [1], data: biasB },
      ],
    });
    expectClose(await run(writeJson(), path), expected);
  });

  it('takes weights in order when their layers are called otherwise, and no others', async () => {
    const a = stored('dense_7', kernelA, biasA);
    const b = stored('dense_8', kernelB, biasB);
    expectClose(
      await run(writeJson(), await writeWeights({ input_4: [], dense_7: a, dense_8: b })),
      expected,
    );
    const more = await writeWeights({ dense_7: a, dense_8: b, dense_9: b });
    const json = writeJson();
    expect(await refusal(run(json, more), json)).toBe(
      'MODEL_DAMAGED FILE is damaged: the weights are of 3 layers where the model has 2 with weights; ' +
        'not in the model: dense_7, dense_8, dense_9',
    );
    const swapped = await writeWeights({ dense_7: b, dense_8: a });
    expect(await refusal(run(json, swapped), json)).toBe(
      'MODEL_DAMAGED FILE is damaged: layer a: its kernel is 2 x 1 where 3 x 2 is expected',
    );
  });

  it('is recognised by its content, and other JSON is not', () => {
    const match = (value: unknown) =>
      keras.match({
        path: '/x.txt',
        isFolder: false,
        bytes: 1,
        head: Buffer.from(JSON.stringify(value)),
        extension: '.txt',
      });
    expect(match(architecture)).toBe(true);
    expect(match({ module: 'keras', class_name: 'Sequential', config: { layers: [] } })).toBe(true);
    expect(match({ modelTopology: { model_config: architecture }, weightsManifest: [] })).toBe(false);
    expect(match({ class_name: 'Sequential' })).toBe(false);
    expect(match([architecture])).toBe(false);
  });

  it('without weights, with the wrong ones, or weights for a model that has its own', async () => {
    const json = writeJson();
    expect(await refusal(keras.read(json, quietContext()), json)).toBe(
      'WEIGHTS_NOT_GIVEN FILE is an architecture without weights',
    );
    const absent = temporaryPath('absent.h5');
    expect(await refusal(run(json, absent), absent)).toBe('FILE_NOT_FOUND FILE does not exist');
    expect(await refusal(run(json, json), json)).toBe(
      'MODEL_DAMAGED FILE is damaged: it does not have the HDF5 signature',
    );
    const other = temporaryPath('other.h5');
    await writeObjectWeights(other, { images: [{ dims: [1], data: biasB }] });
    expect(await refusal(run(json, other), other)).toBe(
      'NO_WEIGHTS FILE is an HDF5 file without Keras weights in it; it holds images',
    );
    const whole = temporaryPath('model.h5');
    await writeKerasHdf5(whole, { config: architecture, weights: bothWeights });
    expect(await refusal(keras.read(whole, quietContext(), { weights: whole }), whole)).toBe(
      'USAGE FILE is no architecture in JSON, which is what --weights is for',
    );
    const weights = await writeWeights(bothWeights);
    const { code, hint } = await keras.read(weights, quietContext()).catch((error) => error);
    expect([code, hint]).toEqual(['WEIGHTS_ONLY', expect.stringContaining(`--weights ${weights}`)]);
  });
});

describe('converting and inspecting the two', () => {
  it('checks the copy, counts both files, and writes over neither', async () => {
    const json = writeJson();
    const weights = await writeWeights(bothWeights);
    const output = temporaryPath('model.onnx');
    const { result } = await convert({ model: json, weights, to: ['onnx'], output }, quietContext());
    expect(result.artifacts).toMatchObject([{ state: 'written', parity: { passed: true } }]);
    const one = await inspect({ model: json, weights }, quietContext());
    expect([result.digest, result.sourceBytes]).toEqual([one.digest, one.bytes]);
    const other = await inspect(
      { model: json, weights: await writeWeights({ ...bothWeights, p: [] }) },
      quietContext(),
    );
    expect(other.digest).not.toBe(one.digest);
    await expect(
      convert({ model: json, weights, to: ['onnx'], output: weights, force: true }, quietContext()),
    ).rejects.toMatchObject({ code: 'OUTPUT_IS_INPUT' });
    await expect(convert({ model: output, weights, to: ['onnx'] }, quietContext())).rejects.toMatchObject({
      code: 'USAGE',
      message: '--weights is not for ONNX, which has its weights inside',
    });
  });
});

const corpus = process.env.MLCTL_CORPUS ?? '';
describe.skipIf(corpus === '')('pairs of the corpus (skipped: MLCTL_CORPUS is not set)', () => {
  it.each(['KERAS_3layer', 'KERAS_conv1d_small'])('%s converts', async (name) => {
    const file = (end: string) => join(corpus, 'keras-h5/weights-only', `${name}${end}`);
    const output = temporaryPath('model.onnx');
    const options = { model: file('.json'), weights: file('_weights.h5'), to: ['onnx'], output };
    const { result } = await convert(options, quietContext());
    expect(result.artifacts).toMatchObject([{ state: 'written', parity: { passed: true } }]);
  });
});
