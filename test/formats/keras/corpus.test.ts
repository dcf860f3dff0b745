// Every Keras HDF5 file of the corpus: read, or refused for the reason in corpus.tsv; and numbers other people published.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { quietContext } from '../../../src/context.ts';
import { openHdf5 } from '../../../src/encoding/hdf5.ts';
import { decodeNpy } from '../../../src/encoding/npy.ts';
import { MlctlError } from '../../../src/errors.ts';
import keras from '../../../src/formats/keras/index.ts';
import { validate } from '../../../src/graph/validate.ts';
import { openGraph } from '../../../src/runtimes/onnxruntime.ts';
import { expectClose, list } from './run.ts';

const corpus = process.env.MLCTL_CORPUS ?? '';
const table = new Map(
  readFileSync(fileURLToPath(new URL('../../../fixtures/formats/keras/corpus.tsv', import.meta.url)), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line): [string, string] => {
      const [path = '', verdict = ''] = line.split('\t');
      return [path, verdict];
    }),
);

/** `reads`, or the code it is refused with and the classes that are in the way. */
async function verdictOf(path: string): Promise<string> {
  try {
    const model = await keras.read(path, quietContext());
    validate(model);
    return 'reads';
  } catch (error) {
    if (!(error instanceof MlctlError)) throw error;
    const classes = error.details.map((detail) => detail.split(' ')[0]);
    return [error.code, ...new Set(classes)].join(' ');
  }
}

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return files(path);
    return /\.(h5|hdf5|keras)$/.test(entry.name) ? [path] : [];
  });
}

describe.skipIf(corpus === '')('the corpus (skipped: MLCTL_CORPUS is not set)', () => {
  it('is read or refused as the table says', async () => {
    const seen: Record<string, string> = {};
    const expected: Record<string, string> = {};
    for (const path of ['keras-h5', 'keras-v3', 'datasets']
      .map((name) => join(corpus, name))
      .filter(existsSync)
      .flatMap(files)) {
      const name = relative(corpus, path);
      seen[name] = await verdictOf(path);
      // Files the table does not know only have to end in one of the two ways.
      expected[name] = table.get(name) ?? seen[name];
    }
    expect(seen).toEqual(expected);
  });

  const suite = join(corpus, 'keras-h5/dl4j-import-suite/modelimport/keras');
  it('gives the predictions stored beside a convolutional network', async () => {
    const folder = join(suite, 'fullconfigs/cnn');
    const input = decodeNpy(readFileSync(join(folder, 'input.npy')));
    const wanted = decodeNpy(readFileSync(join(folder, 'predictions.npy')));
    const session = await openGraph(await keras.read(join(folder, 'cnn_batch_norm.h5'), quietContext()));
    const data = Float32Array.from(input.data as Float64Array);
    const outputs = await session.run({ conv2d_1_input: { dtype: 'float32', dims: input.dims, data } });
    await session.release();
    const [output] = Object.values(outputs);
    expectClose(output === undefined ? [] : list(output), wanted.data as Float32Array, 1e-5);
  });

  it.each([
    'simple_rnn/simple_rnn_tf_keras_2',
    'simple_lstm/simple_lstm_tf_keras_1',
    'simple_lstm/simple_lstm_th_keras_1',
    'simple_flatten_rnn/simple_flatten_rnn_tf_keras_2',
    'simple_flatten_lstm/simple_flatten_lstm_tf_keras_2',
  ])('gives the predictions stored beside %s', async (name) => {
    const base = join(suite, 'examples', name);
    const stored = await openHdf5(`${base}_inputs_and_outputs.h5`);
    const session = await openGraph(await keras.read(`${base}_model.h5`, quietContext()));
    try {
      const first = (group: string) => stored.read(`${group}/${stored.children(group)[0] ?? ''}`);
      const outputs = await session.run({ [session.inputs[0]?.name ?? '']: first('/inputs') });
      const [output] = Object.values(outputs);
      expectClose(output === undefined ? [] : list(output), list(first('/predictions')), 1e-5);
    } finally {
      stored.close();
      await session.release();
    }
  });

  it('reaches the accuracy published for a hand gesture classifier', async () => {
    const path = join(corpus, 'keras-h5/hand-gesture/keypoint_classifier.hdf5');
    const rows = readFileSync(join(corpus, 'derived/hand-gesture-keypoint-test.csv'), 'utf8')
      .trim()
      .split('\n');
    const target = rows[0]?.split(',').indexOf('y') ?? -1;
    const cells = rows.slice(1).map((row) => row.split(',').map(Number));
    const features = cells.map((row) => row.toSpliced(target, 1));
    const { accuracy, loss } = await score(
      path,
      features.flat(),
      [42],
      cells.map((row) => row[target] ?? -1),
    );
    expect(accuracy).toBeCloseTo(0.963163, 6);
    expect(loss).toBeCloseTo(0.186666, 5);
  });

  it('reaches the accuracy measured for an MNIST network', async () => {
    const unzip = (name: string) => gunzipSync(readFileSync(join(corpus, 'datasets/mnist-test-idx', name)));
    const pixels = Array.from(unzip('t10k-images-idx3-ubyte.gz').subarray(16), (pixel) => pixel / 255);
    const labels = Array.from(unzip('t10k-labels-idx1-ubyte.gz').subarray(8));
    const { accuracy, loss } = await score(
      join(corpus, 'keras-h5/mnist-weliton/model.h5'),
      pixels,
      [28, 28, 1],
      labels,
    );
    expect(accuracy).toBe(0.9912);
    expect(loss).toBeCloseTo(0.02718, 4);
  });
});

/** Accuracy and mean cross-entropy of a classifier with one input and softmax at its end. */
async function score(
  path: string,
  data: readonly number[],
  shape: readonly number[],
  labels: readonly number[],
) {
  const session = await openGraph(await keras.read(path, quietContext()));
  const [input] = session.inputs;
  const size = shape.reduce((product, dim) => product * dim, 1);
  let hits = 0;
  let loss = 0;
  const STEP = 500;
  for (let start = 0; start < labels.length; start += STEP) {
    const count = Math.min(STEP, labels.length - start);
    const batch = Float32Array.from(data.slice(start * size, (start + count) * size));
    const [output] = Object.values(
      await session.run({ [input?.name ?? '']: { dtype: 'float32', dims: [count, ...shape], data: batch } }),
    );
    if (output === undefined) throw new Error('no output');
    const classes = output.dims[1] ?? 1;
    for (let row = 0; row < count; row++) {
      const scores = Array.from((output.data as Float32Array).subarray(row * classes, (row + 1) * classes));
      const label = labels[start + row] ?? -1;
      if (scores.indexOf(Math.max(...scores)) === label) hits++;
      loss -= Math.log(Math.max(scores[label] ?? 0, 1e-7));
    }
  }
  await session.release();
  return { accuracy: hits / labels.length, loss: loss / labels.length };
}
