// The reader against tfjs, which builds the same files by itself: every corpus file that the reader accepts, and every
// file it must accept because it uses only the layers this version promises.

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { quietContext } from '../../../src/context.ts';
import { MlctlError } from '../../../src/errors.ts';
import { readKerasFile } from '../../../src/formats/keras/file.ts';
import keras from '../../../src/formats/keras/index.ts';
import { optimize } from '../../../src/lifecycle/optimize.ts';
import { openGraph } from '../../../src/runtimes/onnxruntime.ts';
import { compareWithTfjs, wrongInTfjs } from './reference.ts';

const TOLERANCE = 1e-4;
const corpus = process.env.MLCTL_CORPUS;
const demo = fileURLToPath(new URL('../../../fixtures/demo/', import.meta.url));

/** What the reader promises (names of Keras 1 and 2 as files spell them). */
const promised = new Set(
  (
    'InputLayer Dense Activation Dropout SpatialDropout1D SpatialDropout2D GaussianNoise GaussianDropout ' +
    'AlphaDropout ActivityRegularization Flatten Reshape Permute Conv1D Conv2D Convolution1D Convolution2D ' +
    'DepthwiseConv2D SeparableConv2D SeparableConv1D MaxPooling1D MaxPooling2D AveragePooling1D ' +
    'AveragePooling2D GlobalMaxPooling1D GlobalMaxPooling2D GlobalAveragePooling1D GlobalAveragePooling2D ' +
    'BatchNormalization ZeroPadding1D ZeroPadding2D Cropping1D Cropping2D UpSampling1D UpSampling2D Add ' +
    'Subtract Multiply Average Maximum Minimum Concatenate Dot ReLU LeakyReLU PReLU ELU Softmax ' +
    'SimpleRNN LSTM GRU CuDNNLSTM CuDNNGRU ConvLSTM2D Bidirectional TimeDistributed Embedding Masking'
  ).split(' '),
);

/** Files that the reader takes and tfjs cannot build, with what tfjs lacks. */
const withoutReference: Readonly<Record<string, RegExp>> = {
  'dot-res-lstm/dot_res_lstm-01-0.76.hdf5': /Unknown layer: CuDNNLSTM/,
  'energy-attention/attention_model.h5': /Unknown layer: CuDNNLSTM/,
  'energy-attention/cool.h5': /Unknown layer: CuDNNLSTM/,
  'energy-attention/multi_attention_model.h5': /Unknown layer: CuDNNLSTM/,
  'gru-attention-k3/model.h5': /does not support reset_after/,
  'stock-transformer/transformer_BTC.h5': /called with a tensor by keyword/,
};

/** Files of promised layers that are to be refused all the same. */
const refused: Readonly<Record<string, string>> = {
  'custom-objects/my_model_with_many_custom_parts.h5': 'its activation mySoftplus is code of its author',
};

/**
 * onnxruntime 1.30 merges a Pad of zeros into the MaxPool after it, whose own padding is minus infinity: where a window
 * at the edge is negative the result is wrong. mlctl's passes keep it from that (name-pad-axes); the graph as read is
 * tested without onnxruntime's optimizer.
 */
const withoutOptimizer = new Set(['stm32-audio/pooled_miniresnetv2_2_stacks_backbone.h5']);

describe('demo models', () => {
  it.each(['iris.h5', 'digits.h5', 'energy.h5'])('%s', async (file) => {
    const path = join(demo, file);
    const { relative: distance } = await compareWithTfjs(path, await keras.read(path, quietContext()));
    expect(distance).toBeLessThanOrEqual(1e-5);
  });
});

describe.skipIf(corpus === undefined)('corpus (set MLCTL_CORPUS to run)', () => {
  const root = join(corpus ?? '.', 'keras-h5');
  const files = corpus === undefined ? [] : listFiles(root);
  const compared: string[] = [];

  it.each(files)('%s', async (file) => {
    const path = join(root, file);
    let model: Awaited<ReturnType<typeof keras.read>>;
    try {
      model = await keras.read(path, quietContext());
    } catch (error) {
      expect(error, String(error)).toBeInstanceOf(MlctlError);
      if (file in refused) return;
      const missing = await unpromised(path);
      if (missing.length === 0) throw error;
      return;
    }
    expect(refused[file]).toBeUndefined();
    const reason = withoutReference[file];
    if (reason !== undefined) {
      await expect(compareWithTfjs(path, model)).rejects.toThrow(reason);
      return;
    }
    if (file in wrongInTfjs) {
      // Once tfjs is right, the file can be compared.
      const { relative: distance } = await compareWithTfjs(path, model);
      expect(distance).toBeGreaterThan(TOLERANCE);
      return;
    }
    const { relative: distance, outputs } = await compareWithTfjs(path, model, () =>
      openGraph(model, { optimize: !withoutOptimizer.has(file) }),
    );
    expect(distance, JSON.stringify(outputs)).toBeLessThanOrEqual(TOLERANCE);
    // The graph that is written, after all passes.
    await optimize(model, quietContext());
    const written = await compareWithTfjs(path, model);
    expect(written.relative, JSON.stringify(written.outputs)).toBeLessThanOrEqual(TOLERANCE);
    // All zeros would agree whatever the graph does.
    expect(outputs.some(({ scale }) => scale > 0)).toBe(true);
    compared.push(file);
  });

  it('most files are compared', () => {
    expect(compared.length).toBeGreaterThanOrEqual(70);
  });
});

/** Layers of the file that are not promised; what is not a model at all counts as one. */
async function unpromised(path: string): Promise<string[]> {
  let text: string;
  try {
    const file = await readKerasFile(path, quietContext());
    text = JSON.stringify(file.config);
    file.close();
  } catch (error) {
    return [error instanceof MlctlError ? error.code : String(error)];
  }
  const classes = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const each of value) visit(each);
    if (typeof value !== 'object' || value === null) return;
    const { class_name: className, config, layer } = value as Record<string, unknown>;
    if (typeof className === 'string') classes.add(className);
    visit(layer);
    if (Array.isArray(config)) visit(config);
    else if (typeof config === 'object' && config !== null) {
      const { layers, layer: inner } = config as Record<string, unknown>;
      visit(layers);
      visit(inner);
    }
  };
  visit(JSON.parse(text));
  return [...classes].filter((name) => !promised.has(name) && !/^(Sequential|Model|Functional)$/.test(name));
}

function listFiles(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(h5|hdf5)$/.test(file))
    .filter((file) => readFileSync(join(root, file)).length > 0)
    .map((file) => relative(root, join(root, file)))
    .sort();
}
