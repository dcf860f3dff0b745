// tfjs as a runtime: numbers of the demo models, feeds it refuses, memory it gives back, and Keras files with golden
// outputs that nobody here computed.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as Core from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeContainer } from '../../fixtures/demo/keras-h5.ts';
import { openHdf5 } from '../../src/encoding/hdf5.ts';
import { float32, type Tensor } from '../../src/graph/tensor.ts';
import type { Session } from '../../src/runtimes/session.ts';
import tfjs from '../../src/runtimes/tfjs.ts';

const demo = fileURLToPath(new URL('../../fixtures/demo/', import.meta.url));
const corpus = process.env.MLCTL_CORPUS;
const core = createRequire(import.meta.url)('@tensorflow/tfjs-core') as typeof Core;
const scores = (
  JSON.parse(readFileSync(join(demo, 'made.json'), 'utf8')) as { scores: Record<string, number> }
).scores;

beforeAll(async () => {
  expect(await tfjs.probe()).toHaveProperty('version');
});

describe('demo models', () => {
  it('classifies the flowers as well as the trained network did', async () => {
    const [header, ...rows] = table('test.csv');
    expect(header).toEqual(['sepal_length', 'sepal_width', 'petal_length', 'petal_width', 'species']);
    const x = rows.flatMap((row) => row.slice(0, 4).map(Number));
    const session = await open('iris.h5');
    expect(session.inputs).toEqual([{ name: 'features', dtype: 'float32', shape: ['batch', 4] }]);
    expect(session.outputs).toEqual([{ name: 'species', dtype: 'float32', shape: ['batch', 3] }]);
    const { species } = await session.run({ features: float32([rows.length, 4], x) });
    await session.release();
    const names = ['setosa', 'versicolor', 'virginica'];
    const right = rows.filter((row, at) => names[best(species, at)] === row[4]).length;
    expect(right / rows.length).toBeCloseTo(scores['iris.h5 accuracy on test.csv'] ?? 0, 12);
  });

  it('reads the digits as well as the trained network did', async () => {
    const pixels = readFileSync(join(demo, 'digits-test-images.idx3-ubyte')).subarray(16);
    const labels = readFileSync(join(demo, 'digits-test-labels.idx1-ubyte')).subarray(8);
    const image = float32(
      [200, 8, 8, 1],
      Float32Array.from(pixels, (pixel) => pixel / 255),
    );
    const session = await open('digits.h5');
    const { digit } = await session.run({ image });
    await session.release();
    const right = [...labels].filter((label, at) => best(digit, at) === label).length;
    expect(right / labels.length).toBeCloseTo(scores['digits.h5 accuracy on digits-test'] ?? 0, 12);
  });

  it('predicts raw megawatts from raw weather', async () => {
    const [, ...rows] = table('energy-test.csv');
    const session = await open('energy.h5');
    const conditions = float32(
      [rows.length, 5],
      rows.flatMap((row) => row.slice(0, 5).map(Number)),
    );
    const { load } = await session.run({ conditions });
    await session.release();
    const actual = rows.map((row) => Number(row[5]));
    const mean = actual.reduce((sum, value) => sum + value, 0) / actual.length;
    const left = actual.reduce((sum, value, at) => sum + (value - Number(load?.data[at])) ** 2, 0);
    const r2 = 1 - left / actual.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    expect(r2).toBeCloseTo(scores['energy.h5 R² on energy-test.csv'] ?? 0, 4);
  });
});

describe('session', () => {
  it('refuses feeds that do not fit and goes on', async () => {
    const session = await open('iris.h5');
    const code = (feeds: Record<string, Tensor>) =>
      session.run(feeds).then(
        () => 'ran',
        (error: { code: string }) => error.code,
      );
    expect(await code({})).toBe('FEED_INVALID');
    expect(await code({ other: float32([1, 4], [1, 2, 3, 4]) })).toBe('FEED_INVALID');
    expect(await code({ features: float32([1, 3], [1, 2, 3]) })).toBe('FEED_INVALID');
    expect(await code({ features: float32([2, 4], [1, 2, 3, 4]) })).toBe('FEED_INVALID');
    expect(await code({ features: float32([1, 4], [1, 2, 3, 4]) })).toBe('ran');
    await expect(session.run({ features: float32([1, 4], [1, 2, 3, 4]) }, ['none'])).rejects.toMatchObject({
      code: 'RUNTIME_FAILED',
    });
    await session.release();
    expect(await code({ features: float32([1, 4], [1, 2, 3, 4]) })).toBe('RUNTIME_FAILED');
  });

  it('keeps no tensor after a run and none after release', async () => {
    const before = core.memory().numTensors;
    const session = await open('digits.h5');
    const loaded = core.memory().numTensors;
    expect(loaded).toBeGreaterThan(before);
    for (let i = 0; i < 3; i++) await session.run({ image: float32([2, 8, 8, 1], new Float32Array(128)) });
    expect(core.memory().numTensors).toBe(loaded);
    await session.release();
    await session.release();
    expect(core.memory().numTensors).toBe(before);
  });

  it('runs several sessions at once without mixing them', async () => {
    const sessions = await Promise.all([open('iris.h5'), open('iris.h5'), open('digits.h5')]);
    const features = float32([1, 4], [5, 3.4, 1.5, 0.2]);
    const [a, b, c] = await Promise.all([
      sessions[0].run({ features }),
      sessions[1].run({ features }),
      sessions[2].run({ image: float32([1, 8, 8, 1], new Float32Array(64)) }),
    ]);
    expect(a).toEqual(b);
    expect(c.digit?.dims).toEqual([1, 10]);
    for (const session of sessions) await session.release();
  });
});

describe('files that lie', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mlctl-tfjs-keras-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const layer = (className: string, config: object) => ({
    class_name: className,
    config: { name: 'layer', batch_input_shape: [null, 4], ...config },
  });
  const image = { batch_input_shape: [null, 4, 4, 1] };

  it.each([
    ['more units than weights', [layer('Dense', { units: 1e9 })], /more weights than the file has/],
    ['units without end', [layer('Dense', { units: 1e300 })], /more weights than the file has/],
    ['a pad of a billion', [layer('ZeroPadding2D', { ...image, padding: [1e5, 1e5] })], /numbers at once/],
    ['repeated a billion times', [layer('RepeatVector', { n: 1e9 })], /numbers at once/],
    ['nothing left', [layer('Cropping2D', { ...image, cropping: [2, 2] })], /too small/],
    ['a class that objects have', [layer('constructor', {})], /constructor/],
    ['a Lambda', [layer('Lambda', { function: ['code', null, null] })], /never run/],
    ['weights of another shape', [layer('Dense', { units: 3 })], /weight/],
    ['no weights', [layer('Dense', { units: 2, name: 'other' })], /takes 2 weights, the file has 0/],
    ['a layer that is none', [null], /something missing/],
    ['no layer', [], /./],
  ])('%s', async (name, layers, message) => {
    const path = join(folder, `${name.replaceAll(' ', '-')}.h5`);
    await writeContainer(path, {
      kerasVersion: '2.11.0',
      backend: 'tensorflow',
      architecture: { class_name: 'Sequential', config: { name: 'model', layers } },
      layers: [
        {
          name: 'layer',
          weights: [
            { name: 'layer/kernel:0', dims: [4, 2], data: new Float32Array(8) },
            { name: 'layer/bias:0', dims: [2], data: new Float32Array(2) },
          ],
        },
      ],
    });
    const before = core.memory().numTensors;
    const opened = tfjs.open({ format: 'keras', path });
    await expect(opened).rejects.toMatchObject({
      code: 'RUNTIME_FAILED',
      message: expect.stringMatching(message),
    });
    expect(core.memory().numTensors).toBe(before);
  });

  it('casts int64 inputs and refuses what does not fit int32', async () => {
    const path = join(folder, 'int64.h5');
    const input = { name: 'layer', batch_input_shape: [null, 2], dtype: 'int64' };
    await writeContainer(path, {
      kerasVersion: '2.11.0',
      backend: 'tensorflow',
      architecture: {
        class_name: 'Sequential',
        config: { layers: [{ class_name: 'Embedding', config: { ...input, input_dim: 3, output_dim: 1 } }] },
      },
      layers: [
        { name: 'layer', weights: [{ name: 'e:0', dims: [3, 1], data: Float32Array.of(10, 20, 30) }] },
      ],
    });
    const session = await tfjs.open({ format: 'keras', path });
    expect(session.inputs[0]?.dtype).toBe('int64');
    const feed = (...values: bigint[]) => ({
      layer_input: { dtype: 'int64' as const, dims: [1, 2], data: BigInt64Array.from(values) },
    });
    const { layer: made } = await session.run(feed(2n, 0n));
    expect(made?.data).toEqual(Float32Array.of(30, 10));
    await expect(session.run(feed(2n ** 40n, 0n))).rejects.toMatchObject({ code: 'FEED_INVALID' });
    await session.release();
  });
});

// Keras 1 and 2 on TensorFlow and Theano wrote these inputs with the outputs they computed.
const golden = ['simple_lstm_tf_keras_1', 'simple_lstm_th_keras_1'];

describe.skipIf(corpus === undefined)('golden outputs of the corpus (set MLCTL_CORPUS to run)', () => {
  const suite = join(corpus ?? '.', 'keras-h5/dl4j-import-suite/modelimport/keras');

  it.each(golden.map((name) => [name, `examples/simple_lstm/${name}`] as const))('%s', async (_, path) => {
    await compareGolden(join(suite, path));
  });

  it.each(['simple_rnn', 'simple_flatten_rnn', 'simple_flatten_lstm'])('%s', async (name) => {
    await compareGolden(join(suite, 'examples', name, `${name}_tf_keras_2`));
  });

  it('cnn_batch_norm', async () => {
    const folder = join(suite, 'fullconfigs/cnn');
    const session = await tfjs.open({ format: 'keras', path: join(folder, 'cnn_batch_norm.h5') });
    const [input, expected] = [npy(join(folder, 'input.npy')), npy(join(folder, 'predictions.npy'))];
    const actual = await session.run({ [session.inputs[0]?.name ?? '']: input });
    await session.release();
    expectClose(Object.values(actual)[0], expected);
  });
});

async function compareGolden(base: string): Promise<void> {
  const session = await tfjs.open({ format: 'keras', path: `${base}_model.h5` });
  const file = await openHdf5(`${base}_inputs_and_outputs.h5`);
  try {
    const first = (path: string) => file.read(`${path}/${file.children(path)[0] ?? ''}`);
    const actual = await session.run({ [session.inputs[0]?.name ?? '']: first('/inputs') });
    expectClose(Object.values(actual)[0], first('/predictions'));
  } finally {
    file.close();
    await session.release();
  }
}

function expectClose(actual: Tensor | undefined, expected: Tensor): void {
  expect(actual?.dims).toEqual(expected.dims);
  const scale = Math.max(...Array.from(expected.data as Float32Array, Math.abs));
  const differences = Array.from(expected.data as Float32Array, (value, at) =>
    Math.abs(value - Number(actual?.data[at])),
  );
  expect(Math.max(...differences) / scale).toBeLessThanOrEqual(1e-5);
}

/** numpy's own format, float32 or float64 in C order. */
function npy(path: string): Tensor {
  const bytes = readFileSync(path);
  const length = bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', 10, 10 + length);
  const dims = (/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? '').split(',').filter((part) => part.trim());
  const data = bytes.buffer.slice(bytes.byteOffset + 10 + length, bytes.byteOffset + bytes.length);
  const values = header.includes("'<f8'") ? new Float64Array(data) : new Float32Array(data);
  return float32(dims.map(Number), Float32Array.from(values));
}

function open(file: string): Promise<Session> {
  return tfjs.open({ format: 'keras', path: join(demo, file) });
}

function table(file: string): string[][] {
  const lines = readFileSync(join(demo, file), 'utf8').trim().split('\n');
  return lines.map((line) => line.split(','));
}

/** Index of the largest entry of a row. */
function best(scores: Tensor | undefined, row: number): number {
  if (!scores) throw new Error('no scores');
  const width = scores.dims[1] ?? 0;
  const values = (scores.data as Float32Array).subarray(row * width, (row + 1) * width);
  return values.indexOf(Math.max(...values));
}
