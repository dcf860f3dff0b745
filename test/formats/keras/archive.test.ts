// `.keras` archives: the same model as `.h5` and as `.keras` gives the same numbers, wherever Keras puts the weights.

import { mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  type ArchiveFixture,
  type ObjectFixture,
  writeKerasArchive,
} from '../../../fixtures/formats/keras/archive.ts';
import { type WeightFixture, weight } from '../../../fixtures/formats/keras/make.ts';
import { quietContext } from '../../../src/context.ts';
import { MlctlError } from '../../../src/errors.ts';
import keras from '../../../src/formats/keras/index.ts';
import { openGraph } from '../../../src/runtimes/onnxruntime.ts';
import { compareWithTfjs, feedsFor } from './reference.ts';
import { list, temporaryPath, write } from './run.ts';

const ref = (layer: string) => [layer, 0, 0, {}];
const layer = (className: string, name: string, config: object, ...inbound: string[]) => ({
  class_name: className,
  name,
  config: { name, trainable: true, dtype: 'float32', ...config },
  inbound_nodes: inbound.length === 0 ? [] : [inbound.map(ref)],
});
const input = (name: string, ...shape: number[]) =>
  layer('InputLayer', name, { batch_input_shape: [null, ...shape] });
const functional = (layers: readonly object[], from: string, to: string, name = 'model') => ({
  class_name: 'Functional',
  config: { name, layers, input_layers: [[from, 0, 0]], output_layers: [[to, 0, 0]] },
});
const sequential = (...layers: object[]) => ({ class_name: 'Sequential', config: { name: 's', layers } });

let seed = 0;
const w = (name: string, ...dims: number[]): WeightFixture => weight(name, dims, ++seed);
const statistics = (name: string, size: number): WeightFixture[] =>
  ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((part) => {
    const { data, ...rest } = w(`${name}/${part}:0`, size);
    return { ...rest, data: (data as Float32Array).map((value) => 1.5 + value) };
  });

/** Runs both files on the same inputs; `weights` by layer for HDF5, `objects` for the archive. */
async function expectSame(
  config: unknown,
  weights: Readonly<Record<string, readonly WeightFixture[]>>,
  objects: ObjectFixture,
  options: Partial<ArchiveFixture> & { readonly hasReference?: boolean } = {},
): Promise<void> {
  const { hasReference = true, ...rest } = options;
  const version = rest.version ?? '2.15.0';
  const h5 = await write({ config, weights, version, backend: 'tensorflow' });
  const archive = temporaryPath('model.keras');
  await writeKerasArchive(archive, { config, objects, ...rest, version });
  const [a, b] = [await keras.read(h5, quietContext()), await keras.read(archive, quietContext())];
  const [first, second] = [await openGraph(a), await openGraph(b)];
  try {
    const feeds = feedsFor(first, a, 1);
    const [wanted, got] = [await first.run(feeds), await second.run(feeds)];
    expect(Object.keys(got)).toEqual(Object.keys(wanted));
    for (const [name, tensor] of Object.entries(wanted)) {
      const other = got[name];
      expect(other === undefined ? undefined : list(other)).toEqual(list(tensor));
    }
  } finally {
    await first.release();
    await second.release();
  }
  if (hasReference) {
    const { relative } = await compareWithTfjs(h5, b);
    expect(relative).toBeLessThan(1e-4);
  }
}

const convolutions = (count: number) =>
  Array.from({ length: count }, (_, index) => [
    w(`c${index}/kernel:0`, 3, 3, 2, 2),
    w(`c${index}/bias:0`, 2),
  ]);

describe('the weights of an archive', () => {
  const first = [w('first/kernel:0', 3, 2), w('first/bias:0', 2)];
  const second = [w('second/kernel:0', 2, 2), w('second/bias:0', 2)];
  const third = [w('third/kernel:0', 2, 1), w('third/bias:0', 1)];
  const dense = sequential(
    input('x', 3),
    layer('Dense', 'first', { units: 2, activation: 'tanh' }),
    layer('Dropout', 'drop', { rate: 0.5 }),
    layer('Dense', 'second', { units: 2, activation: 'relu' }),
    layer('Dense', 'third', { units: 1 }),
  );

  it('are grouped by class, whatever the layers are called', async () => {
    const objects = { 'layers/dense': first, 'layers/dense_1': second, 'layers/dense_2': third };
    await expectSame(dense, { first, drop: [], second, third }, objects);
    await expectSame(dense, { first, second, third }, objects, { level: 6 });
  });

  it('were counted twice in Keras 2.12 and 2.13, with a backslash on Windows', async () => {
    const group = '_layer_checkpoint_dependencies';
    const objects = {
      [`${group}/dense_4`]: third,
      [`${group}/dense`]: first,
      [`${group}/dropout`]: [],
      [`${group}/dense_2`]: second,
      'metrics/mean': [w('total')],
    };
    for (const separator of ['/', '\\'] as const) {
      await expectSame(dense, { first, second, third }, objects, { separator, version: '2.13.1' });
    }
  });

  it('are ordered by number, not by name', async () => {
    const all = convolutions(12);
    const layers = all.map((_, index) =>
      layer('Conv2D', `c${index}`, { filters: 2, kernel_size: 3, padding: 'same' }),
    );
    const weights = Object.fromEntries(all.map((list, index) => [`c${index}`, list]));
    const objects = Object.fromEntries(
      all.map((list, index) => [index === 0 ? 'layers/conv2d' : `layers/conv2d_${index}`, list]),
    );
    await expectSame(sequential(input('x', 5, 5, 2), ...layers), weights, objects);
  });

  it('of nested models lie inside them', async () => {
    const [conv = []] = convolutions(1);
    const norm = statistics('norm', 2);
    const inner = functional(
      [
        input('in', 6, 6, 2),
        layer('Conv2D', 'conv', { filters: 2, kernel_size: 3 }, 'in'),
        layer('BatchNormalization', 'norm', { axis: [3] }, 'conv'),
        layer('GlobalAveragePooling2D', 'pool', {}, 'norm'),
      ],
      'in',
      'pool',
      'inner',
    );
    const head = [w('head/kernel:0', 2, 3), w('head/bias:0', 3)];
    const config = functional(
      [
        input('x', 6, 6, 2),
        { ...inner, name: 'inner', inbound_nodes: [[ref('x')]] },
        layer('Dense', 'head', { units: 3 }, 'inner'),
      ],
      'x',
      'head',
    );
    const trainedFirst = [...conv, ...norm.slice(0, 2), ...norm.slice(2)];
    await expectSame(
      config,
      { inner: trainedFirst, head },
      {
        'layers/functional/layers/conv2d': conv,
        'layers/functional/layers/batch_normalization': norm,
        'layers/dense': head,
        'layers/input_layer': [],
      },
    );
  });

  it('of recurrent layers and wrappers lie in their parts', async () => {
    const cell = (name: string) => [
      w(`${name}/kernel:0`, 3, 8),
      w(`${name}/recurrent_kernel:0`, 2, 8),
      w(`${name}/bias:0`, 8),
    ];
    const [forward, backward] = [cell('f'), cell('b')];
    const lstm = {
      name: 'lstm',
      units: 2,
      activation: 'tanh',
      recurrent_activation: 'sigmoid',
      return_sequences: true,
    };
    const each = [w('each/kernel:0', 4, 3), w('each/bias:0', 3)];
    const config = sequential(
      input('x', 4, 3),
      layer('Bidirectional', 'both', { layer: { class_name: 'LSTM', config: lstm }, merge_mode: 'concat' }),
      layer('TimeDistributed', 'each', {
        layer: { class_name: 'Dense', config: { name: 'inner', units: 3 } },
      }),
    );
    await expectSame(
      config,
      { both: [...forward, ...backward], each },
      {
        'layers/bidirectional/backward_layer/cell': backward,
        'layers/bidirectional/forward_layer/cell': forward,
        'layers/bidirectional/layer': [],
        'layers/time_distributed/layer': each,
      },
    );
  });

  it('of a model inside a wrapper are ordered as its layers are', async () => {
    const dense = (name: string) => [w(`${name}/kernel:0`, 3, 3), w(`${name}/bias:0`, 3)];
    const [one, two] = [dense('one'), dense('two')];
    const norm = statistics('norm', 3);
    const inner = sequential(
      input('in', 3),
      layer('Dense', 'one', { units: 3, activation: 'tanh' }),
      layer('BatchNormalization', 'norm', { axis: [1] }),
      layer('Dense', 'two', { units: 3 }),
    );
    await expectSame(
      sequential(input('x', 4, 3), layer('TimeDistributed', 'each', { layer: inner })),
      { each: [...one, ...norm.slice(0, 2), ...two, ...norm.slice(2)] },
      {
        'layers/time_distributed/layer/layers/batch_normalization': norm,
        'layers/time_distributed/layer/layers/dense': one,
        'layers/time_distributed/layer/layers/dense_1': two,
      },
      { hasReference: false },
    );
  });

  it('of attention lie in its projections, under names of Keras 2 or 3', async () => {
    const part = (name: string, kernel: number[], bias: number[]) => [
      w(`${name}/kernel:0`, ...kernel),
      w(`${name}/bias:0`, ...bias),
    ];
    const [query, key, value] = ['query', 'key', 'value'].map((name) => part(name, [3, 2, 2], [2, 2]));
    const output = part('attention_output', [2, 2, 3], [3]);
    const config = functional(
      [
        input('x', 4, 3),
        {
          ...layer('MultiHeadAttention', 'mha', { num_heads: 2, key_dim: 2, value_dim: 2 }),
          inbound_nodes: [[['x', 0, 0, { value: ['x', 0, 0] }]]],
        },
      ],
      'x',
      'mha',
    );
    for (const prefix of ['', '_']) {
      const at = (name: string) => `layers/multi_head_attention/${prefix}${name}_dense`;
      await expectSame(
        config,
        { mha: [query, key, value, output].flatMap((list) => list ?? []) },
        {
          [at('key')]: key ?? [],
          [at('output')]: output,
          [at('query')]: query ?? [],
          [at('value')]: value ?? [],
          'layers/multi_head_attention/_dropout_layer/seed_generator': [w('state', 2)],
        },
        { hasReference: false },
      );
    }
  });

  it('that do not fit are refused with the layer, what is expected and what is there', async () => {
    const refused = async (objects: ObjectFixture) => {
      const path = temporaryPath('model.keras');
      await writeKerasArchive(path, { config: dense, objects });
      const error: unknown = await keras.read(path, quietContext()).catch((cause) => cause);
      if (!(error instanceof MlctlError)) throw error;
      return `${error.code} ${error.message.replaceAll(path, 'FILE')}`;
    };
    expect(await refused({ 'layers/dense': first, 'layers/dense_1': second })).toBe(
      'MODEL_DAMAGED FILE is damaged: layer third: the file has the weights of 2 Dense layers where the model has 3',
    );
    expect(
      await refused({ 'layers/dense': first, 'layers/dense_1': second, 'layers/dense_2': [w('k', 2, 1)] }),
    ).toBe('MODEL_DAMAGED FILE is damaged: layer third: it has 1 weights in the file where 2 are expected');
    expect(await refused({ 'layers/dense': first, 'layers/dense_1': third, 'layers/dense_2': second })).toBe(
      'MODEL_DAMAGED FILE is damaged: layer second: its kernel is 2 x 1 where 2 x 2 is expected',
    );
  });
});

describe('an archive', () => {
  const config = sequential(input('x', 2), layer('Dense', 'd', { units: 1 }));
  const objects = {
    'layers/dense': [w('k', 2, 1), w('b', 1)],
    // A state that would not be readable as a weight of any layer.
    optimizer: [w('m', 7), w('v', 7)],
  };

  it('is described with its version, its optimizer and the weights of its layers alone', async () => {
    const path = temporaryPath('model.keras');
    await writeKerasArchive(path, { config, objects, version: '3.4.1' });
    const description = await keras.describe(path, quietContext());
    expect(description).toMatchObject({
      formatVersion: 'Keras 3.4.1 (.keras)',
      parameters: 3,
      inputs: [{ name: 'x', shape: ['batch', 2] }],
      facts: { 'optimizer state': 'in the file, never read' },
    });
  });

  it('is recognised by its content, whatever it is called', async () => {
    const path = temporaryPath('model.keras');
    await writeKerasArchive(path, { config, objects });
    const other = join(dirname(path), 'elsewhere', 'model.h5');
    mkdirSync(dirname(other), { recursive: true });
    renameSync(path, other);
    expect((await keras.read(other, quietContext())).producer).toMatchObject({ version: '3.4.1' });
    // Nothing was unpacked beside it.
    expect(readdirSync(dirname(other))).toEqual(['model.h5']);
  });

  it('with float64 throughout computes in float64', async () => {
    const path = temporaryPath('model.keras');
    const policy = { class_name: 'DTypePolicy', config: { name: 'float64' } };
    const doubles = [
      { dims: [2, 1], data: Float64Array.of(1 + 2 ** -40, -1) },
      { dims: [1], data: Float64Array.of(2 ** -45) },
    ];
    await writeKerasArchive(path, {
      config: sequential(
        { class_name: 'InputLayer', config: { name: 'x', batch_shape: [null, 2], dtype: 'float64' } },
        layer('Dense', 'd', { units: 1, dtype: policy }),
      ),
      objects: { 'layers/dense': doubles },
    });
    const session = await openGraph(await keras.read(path, quietContext()));
    const feeds = { x: { dtype: 'float64', dims: [1, 2], data: Float64Array.of(1, 1) } } as const;
    const { d } = await session.run(feeds);
    await session.release();
    expect(d?.data).toEqual(Float64Array.of(2 ** -40 + 2 ** -45));
  });

  it("of the author's own classes is refused with all of them at once", async () => {
    const path = temporaryPath('model.keras');
    const own = {
      class_name: 'QDense',
      registered_name: 'qkeras>QDense',
      module: 'qkeras',
      config: { name: 'q' },
    };
    await writeKerasArchive(path, {
      config: sequential(
        input('x', 2),
        layer('Activation', 'relu', { activation: 'relu' }),
        own,
        layer('Lambda', 'code', {}),
      ),
      objects,
    });
    await expect(keras.read(path, quietContext())).rejects.toMatchObject({
      code: 'OP_UNSUPPORTED',
      details: [
        "QDense x1 (q): a class of the author's own code (qkeras>QDense)",
        'Lambda x1 (code): Python code, never run',
      ],
    });
    const cut = await keras.read(path, quietContext(), { outputs: ['relu'] });
    expect(cut.graph.outputs).toHaveLength(1);
    expect(cut.graph.nodes.map(({ opType }) => opType)).toEqual(['Relu', 'Identity']);
    await writeKerasArchive(path, { config: { class_name: 'VAE', module: null, config: {} }, objects });
    await expect(keras.read(path, quietContext())).rejects.toMatchObject({
      code: 'OP_UNSUPPORTED',
      message: `${path} is a VAE, a model class of the author's own code`,
    });
  });
});

const corpus = process.env.MLCTL_CORPUS ?? '';
describe.skipIf(corpus === '')('archives of the corpus (skipped: MLCTL_CORPUS is not set)', () => {
  const rows = (name: string) =>
    readFileSync(join(corpus, name), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',').map(Number));

  /** Scores of a model with one input and one output. */
  async function scores(path: string, inputs: readonly (readonly number[])[], dims: readonly number[]) {
    const session = await openGraph(await keras.read(join(corpus, path), quietContext()));
    const data = Float32Array.from(inputs.flat());
    const [info] = session.inputs;
    const outputs = await session.run({
      [info?.name ?? '']: { dtype: 'float32', dims: [inputs.length, ...dims], data },
    });
    await session.release();
    const [output] = Object.values(outputs);
    const values = output === undefined ? [] : list(output);
    const width = values.length / inputs.length;
    return inputs.map((_, row) => values.slice(row * width, (row + 1) * width));
  }
  const share = (hits: readonly boolean[]) => hits.filter(Boolean).length / hits.length;
  const best = (row: readonly number[]) => row.indexOf(Math.max(...row));

  it('reach the accuracy measured for a network saved on Windows', async () => {
    const table = rows('datasets/cancer/cancer.csv');
    const features = table.map((row) => row.slice(1));
    const given = await scores('keras-v3/cancer-mlp/model.keras', features, [30]);
    const labels = table.map(([label]) => label === 1);
    const accuracy = share(given.map(([score = 0], at) => score > 0.5 === labels[at]));
    expect(accuracy).toBeCloseTo(0.961336, 6);
  });

  it('classify irises as well as the same network saved as HDF5', async () => {
    const table = rows('derived/iris-standardised.csv');
    const features = table.map((row) => row.slice(0, 4));
    for (const path of ['keras-h5/alibi/iris-ffn-tf2.18.0.h5', 'keras-v3/alibi/iris-ffn-tf2.18.0.keras']) {
      const given = await scores(path, features, [4]);
      expect(share(given.map((row, at) => best(row) === table[at]?.[4]))).toBeCloseTo(0.953333, 6);
    }
  });

  it('read digits', async () => {
    const unzip = (name: string) => gunzipSync(readFileSync(join(corpus, 'datasets/mnist-test-idx', name)));
    const pixels = unzip('t10k-images-idx3-ubyte.gz').subarray(16);
    const labels = unzip('t10k-labels-idx1-ubyte.gz').subarray(8);
    for (const [path, dims, shift, accuracy] of [
      ['keras-v3/alibi/mnist-logistic-tf2.18.0.keras', [28, 28, 1], 0.5, 0.91],
      ['keras-v3/mnist-mlp/model.keras', [784], 0, 0.96],
    ] as const) {
      const images = Array.from({ length: 2000 }, (_, at) =>
        Array.from(pixels.subarray(at * 784, (at + 1) * 784), (pixel) => pixel / 255 - shift),
      );
      const given = await scores(path, images, dims);
      expect(Math.abs(share(given.map((row, at) => best(row) === labels[at])) - accuracy)).toBeLessThan(0.03);
    }
  });

  // Trained anew for each container, so the numbers differ.
  it.each(['adult-ffn', 'iris-ae', 'iris-enc', 'iris-ffn', 'mnist-logistic'])(
    '%s becomes the graph of its HDF5 twin',
    async (name) => {
      const graph = async (path: string) => {
        const { graph } = await keras.read(join(corpus, path), quietContext());
        return {
          nodes: graph.nodes.map(({ opType }) => opType),
          weights: [...graph.initializers].map(([name, { dims }]) => [name.split('/').at(-1), dims.join()]),
        };
      };
      expect(await graph(`keras-v3/alibi/${name}-tf2.18.0.keras`)).toEqual(
        await graph(`keras-h5/alibi/${name}-tf2.18.0.h5`),
      );
    },
  );
});
