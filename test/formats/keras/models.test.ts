// Whole models: how versions write the same architecture, shared layers, nested models, and where their weights are.

import { describe, expect, it } from 'vitest';
import { numbers, type WeightFixture } from '../../../fixtures/formats/keras/make.ts';
import keras from '../../../src/formats/keras/index.ts';
import { expectClose, listeningContext, read, refusal, runModel, write } from './run.ts';

const dense = (x: readonly number[], kernel: ArrayLike<number>, bias: ArrayLike<number>) =>
  Array.from(bias, (b, unit) =>
    x.reduce((sum, value, k) => sum + value * (kernel[k * bias.length + unit] ?? 0), b),
  );
const relu = (x: readonly number[]) => x.map((value) => Math.max(value, 0));

const kernelA = numbers(6, 1);
const biasA = numbers(2, 2);
const kernelB = numbers(2, 3);
const biasB = numbers(1, 4);
const x = [0.5, -1, 2];
const feed = { dtype: 'float32', dims: [1, 3], data: Float32Array.from(x) } as const;
const expected = dense(relu(dense(x, kernelA, biasA)), kernelB, biasB);

const stored = (
  layer: string,
  kernel: Float32Array,
  bias: Float32Array,
  name = (part: string) => `${layer}/${part}:0`,
): WeightFixture[] => [
  { name: name('kernel'), dims: [kernel.length / bias.length, bias.length], data: kernel },
  { name: name('bias'), dims: [bias.length], data: bias },
];
const bothWeights = { a: stored('a', kernelA, biasA), b: stored('b', kernelB, biasB) };

async function output(fixture: Parameters<typeof read>[0], inputs: Parameters<typeof runModel>[1]) {
  const model = await read(fixture);
  const outputs = await runModel(model, inputs);
  return {
    model,
    values: Object.fromEntries(
      Object.entries(outputs).map(([name, { data }]) => [name, data as Float32Array]),
    ),
  };
}

describe('the same Sequential in every spelling', () => {
  const policy = {
    module: 'keras',
    class_name: 'DTypePolicy',
    config: { name: 'float32' },
    registered_name: null,
  };
  const inits = {
    kernel_initializer: { class_name: 'GlorotUniform', config: { seed: null } },
    kernel_regularizer: null,
  };
  const spellings: Record<string, { version?: string; config: unknown; input: string; layerNames?: string }> =
    {
      'Keras 1: a bare list, old keys': {
        version: '1.2.2',
        input: 'a_input',
        config: [
          {
            class_name: 'Dense',
            config: {
              name: 'a',
              trainable: true,
              batch_input_shape: [null, 3],
              input_dtype: 'float32',
              output_dim: 2,
              init: 'glorot_uniform',
              activation: 'relu',
              W_regularizer: null,
              bias: true,
              input_dim: 3,
            },
          },
          {
            class_name: 'Dense',
            config: { name: 'b', output_dim: 1, activation: 'linear', bias: true, input_dim: null },
          },
        ],
      },
      'Keras 1 that does not say so': {
        input: 'a_input',
        config: [
          {
            class_name: 'Dense',
            config: {
              name: 'a',
              output_dim: 2,
              activation: 'relu',
              W_regularizer: null,
              batch_input_shape: [null, 3],
            },
          },
          { class_name: 'Dense', config: { name: 'b', output_dim: 1 } },
        ],
      },
      'Keras 2.0: a bare list': {
        version: '2.0.5',
        input: 'a_input',
        config: [
          {
            class_name: 'Dense',
            config: {
              name: 'a',
              units: 2,
              activation: 'relu',
              use_bias: true,
              batch_input_shape: [null, 3],
              ...inits,
            },
          },
          {
            class_name: 'Dense',
            config: { name: 'b', units: 1, activation: 'linear', use_bias: true, ...inits },
          },
        ],
      },
      'tf.keras 2.2.4: build_input_shape only': {
        version: '2.2.4-tf',
        input: 'a_input',
        config: {
          name: 's',
          build_input_shape: [null, 3],
          layers: [
            { class_name: 'Dense', config: { name: 'a', units: 2, activation: 'relu', dtype: 'float32' } },
            { class_name: 'Dense', config: { name: 'b', units: 1, activation: 'linear', dtype: 'float32' } },
          ],
        },
      },
      'Keras 2.15: an InputLayer': {
        version: '2.15.0',
        input: 'x',
        config: {
          name: 's',
          layers: [
            {
              module: 'keras.layers',
              class_name: 'InputLayer',
              config: {
                batch_input_shape: [null, 3],
                dtype: 'float32',
                sparse: false,
                ragged: false,
                name: 'x',
              },
              registered_name: null,
            },
            {
              module: 'keras.layers',
              class_name: 'Dense',
              config: { name: 'a', units: 2, activation: 'relu' },
              registered_name: null,
              build_config: { input_shape: [null, 3] },
            },
            {
              module: 'keras.layers',
              class_name: 'Dense',
              config: { name: 'b', units: 1, activation: 'linear' },
              registered_name: null,
            },
          ],
        },
      },
      'Keras 3: batch_shape, dtype policies': {
        version: '3.5.0',
        input: 'x',
        config: {
          name: 's',
          trainable: true,
          dtype: policy,
          layers: [
            {
              class_name: 'InputLayer',
              config: { batch_shape: [null, 3], dtype: 'float32', sparse: false, name: 'x' },
            },
            {
              class_name: 'Dense',
              config: { name: 'a', dtype: policy, units: 2, activation: 'relu', lora_rank: null, ...inits },
            },
            { class_name: 'Dense', config: { name: 'b', dtype: policy, units: 1, activation: 'linear' } },
          ],
          build_input_shape: [null, 3],
        },
      },
      'tuples as objects': {
        version: '2.13.1',
        input: 'a_input',
        config: {
          name: 's',
          layers: [
            {
              class_name: 'Dense',
              config: {
                name: 'a',
                units: 2,
                activation: 'relu',
                batch_input_shape: { class_name: '__tuple__', items: [null, 3] },
              },
            },
            { class_name: 'Dense', config: { name: 'b', units: 1 } },
          ],
        },
      },
    };
  for (const [title, { version, config, input }] of Object.entries(spellings)) {
    it(title, async () => {
      const { model, values } = await output(
        { version, config: { class_name: 'Sequential', config }, weights: bothWeights },
        { [input]: feed },
      );
      expect(model.graph.inputs).toEqual([input]);
      expect(model.graph.outputs).toEqual(['b']);
      expect(model.graph.types.get(input)).toEqual({ kind: 'tensor', dtype: 'float32', shape: ['batch', 3] });
      expect([...model.graph.initializers.keys()]).toEqual(['a/kernel', 'a/bias', 'b/kernel', 'b/bias']);
      expectClose(values.b ?? [], expected);
    });
  }
});

type Node = unknown;
const input = (name: string, size: number) => ({
  class_name: 'InputLayer',
  name,
  config: { batch_input_shape: [null, size], dtype: 'float32', name },
  inbound_nodes: [] as Node[],
});
const layer = (className: string, name: string, config: object, ...inbound: Node[]) => ({
  class_name: className,
  name,
  config: { name, ...config },
  inbound_nodes: inbound,
});
const model = (name: string, layers: readonly object[], inputs: unknown, outputs: unknown) => ({
  class_name: 'Functional',
  config: { name, layers, input_layers: inputs, output_layers: outputs },
});

describe('functional models', () => {
  it('keep several inputs and outputs in order', async () => {
    const config = model(
      'm',
      [
        input('p', 3),
        input('q', 3),
        layer('Dense', 'a', { units: 2, activation: 'relu' }, [['p', 0, 0, {}]]),
        layer('Subtract', 'd', {}, [
          ['q', 0, 0, {}],
          ['p', 0, 0, {}],
        ]),
      ],
      [
        ['q', 0, 0],
        ['p', 0, 0],
      ],
      [
        ['d', 0, 0],
        ['a', 0, 0],
      ],
    );
    const { model: read, values } = await output(
      { version: '2.4.0', config, weights: { a: bothWeights.a } },
      { p: feed, q: { dtype: 'float32', dims: [1, 3], data: Float32Array.of(1, 1, 1) } },
    );
    expect(read.graph.inputs).toEqual(['q', 'p']);
    expect(read.graph.outputs).toEqual(['d', 'a']);
    expectClose(values.d ?? [], [0.5, 2, -1]);
    expectClose(values.a ?? [], relu(dense(x, kernelA, biasA)));
  });

  it('call a shared layer once per node and keep its weights once', async () => {
    const config = model(
      'siamese',
      [
        input('p', 3),
        input('q', 3),
        layer('Dense', 'a', { units: 2 }, [['p', 0, 0]], [['q', 0, 0]]),
        layer('Subtract', 'd', {}, [
          ['a', 1, 0],
          ['a', 0, 0],
        ]),
      ],
      [
        ['p', 0, 0],
        ['q', 0, 0],
      ],
      [['d', 0, 0]],
    );
    const q = [1, 1, -1];
    const { model: read, values } = await output(
      { version: '2.1.3', config: { ...config, class_name: 'Model' }, weights: { a: bothWeights.a } },
      { p: feed, q: { dtype: 'float32', dims: [1, 3], data: Float32Array.from(q) } },
    );
    expect(read.graph.initializers.size).toBe(2);
    const [first, second] = [dense(x, kernelA, biasA), dense(q, kernelA, biasA)];
    expectClose(
      values.d ?? [],
      second.map((value, index) => value - (first[index] ?? 0)),
    );
  });

  it('of Keras 3 have their inputs in __keras_tensor__ objects', async () => {
    const tensor = (name: string) => ({
      class_name: '__keras_tensor__',
      config: { shape: [null, 3], dtype: 'float32', keras_history: [name, 0, 0] },
    });
    const config = model(
      'm',
      [
        { ...input('p', 3), config: { batch_shape: [null, 3], dtype: 'float32', name: 'p' } },
        layer('Dense', 'a', { units: 2, activation: 'relu' }, { args: [tensor('p')], kwargs: {} }),
        layer('Dense', 'b', { units: 1 }, { args: [tensor('a')], kwargs: { training: false, mask: null } }),
        layer('Add', 'sum', {}, { args: [[tensor('b'), tensor('b')]], kwargs: {} }),
      ],
      ['p', 0, 0],
      { total: ['sum', 0, 0] },
    );
    const { values } = await output({ version: '3.9.1', config, weights: bothWeights }, { p: feed });
    expectClose(
      values.sum ?? [],
      expected.map((value) => value * 2),
    );
  });

  it('are read whatever the order of their layers', async () => {
    const config = model(
      'm',
      [
        layer('Dense', 'b', { units: 1 }, [['a', 0, 0, {}]]),
        layer('Dense', 'a', { units: 2, activation: 'relu' }, [['p', 0, 0, {}]]),
        input('p', 3),
      ],
      [['p', 0, 0]],
      [['b', 0, 0]],
    );
    const { values } = await output({ version: '2.4.0', config, weights: bothWeights }, { p: feed });
    expectClose(values.b ?? [], expected);
  });

  it('give an input back under a name of its own', async () => {
    const config = model('m', [input('p', 3)], [['p', 0, 0]], [['p', 0, 0]]);
    const { model: read } = await output({ version: '2.4.0', config }, { p: feed });
    expect(read.graph.inputs).toEqual(['p']);
    expect(read.graph.outputs).toEqual(['p_1']);
  });
});

describe('nested models', () => {
  const encoder = (name: string) =>
    model(
      name,
      [input('in', 3), layer('Dense', 'a', { units: 2, activation: 'relu' }, [['in', 0, 0, {}]])],
      [['in', 0, 0]],
      [['a', 0, 0]],
    );

  it('are called with node numbers from 1 or from 0', async () => {
    for (const call of [0, 1]) {
      const config = model(
        'outer',
        [
          input('p', 3),
          { ...encoder('enc'), name: 'enc', inbound_nodes: [[['p', 0, 0, {}]]] },
          layer('Dense', 'b', { units: 1 }, [['enc', call, 0, {}]]),
        ],
        [['p', 0, 0]],
        [['b', 0, 0]],
      );
      const { model: read, values } = await output(
        { version: '2.4.0', config, weights: { p: [], enc: bothWeights.a, b: bothWeights.b } },
        { p: feed },
      );
      expectClose(values.b ?? [], expected);
      expect(read.graph.nodes.map(({ name }) => name)).toContain('enc/a');
      expect([...read.graph.initializers.keys()]).toContain('enc/a/kernel');
    }
  });

  it('may stand first in a Sequential, whose input then has the inner name', async () => {
    const config = {
      class_name: 'Sequential',
      config: { name: 's', layers: [encoder('enc'), layer('Dense', 'b', { units: 1 })] },
    };
    const { model: read, values } = await output(
      { version: '2.9.0', config, weights: { enc: bothWeights.a, b: bothWeights.b } },
      { in: feed },
    );
    expect(read.graph.inputs).toEqual(['in']);
    expectClose(values.b ?? [], expected);
  });

  it('may be Sequentials in Sequentials that leave their shapes out', async () => {
    const inner = (name: string, layers: object[]) => ({
      class_name: 'Sequential',
      name,
      config: { name, layers },
    });
    const config = {
      class_name: 'Sequential',
      config: {
        name: 's',
        layers: [
          input('p', 3),
          inner('one', [inner('two', [layer('Dense', 'a', { units: 2, activation: 'relu' })])]),
          layer('Dense', 'b', { units: 1 }),
        ],
      },
    };
    const { values } = await output(
      { version: '2.4.0', config, weights: { one: bothWeights.a, b: bothWeights.b } },
      { p: feed },
    );
    expectClose(values.b ?? [], expected);
  });

  // Trained weights first, then the rest: gamma, beta and kernel before mean and variance.
  const gamma = numbers(3, 5);
  const beta = numbers(3, 6);
  const mean = numbers(3, 7);
  const variance = numbers(3, 8).map((value) => value + 2);
  const normalized = x.map(
    (value, c) =>
      ((value - (mean[c] ?? 0)) / Math.sqrt((variance[c] ?? 0) + 1e-3)) * (gamma[c] ?? 0) + (beta[c] ?? 0),
  );
  const vector = (name: string, data: Float32Array): WeightFixture => ({ name, dims: [3], data });
  const withNorm = (frozen: boolean) =>
    model(
      'outer',
      [
        input('p', 3),
        {
          ...model(
            'enc',
            [
              input('in', 3),
              layer('BatchNormalization', 'norm', { axis: [1], trainable: !frozen }, [['in', 0, 0, {}]]),
              layer('Dense', 'a', { units: 2, activation: 'relu' }, [['norm', 0, 0, {}]]),
            ],
            [['in', 0, 0]],
            [['a', 0, 0]],
          ),
          name: 'enc',
          inbound_nodes: [[['p', 0, 0, {}]]],
        },
      ],
      [['p', 0, 0]],
      [['enc', 1, 0]],
    );
  const end = relu(dense(normalized, kernelA, biasA));

  it('share one list of weights, found by name', async () => {
    const weights = [
      vector('norm/gamma:0', gamma),
      vector('norm/beta:0', beta),
      ...stored('a', kernelA, biasA),
      vector('norm/moving_mean:0', mean),
      vector('norm/moving_variance:0', variance),
    ];
    const { values } = await output(
      { version: '2.9.0', config: withNorm(false), weights: { p: [], enc: weights } },
      { p: feed },
    );
    expectClose(values.enc ?? [], end);
    // Names in front are allowed: weights are made inside scopes.
    const scoped = weights.map((weight) => ({ ...weight, name: `outer/enc/${weight.name}` }));
    const again = await output(
      { version: '2.9.0', config: withNorm(false), weights: { enc: scoped } },
      { p: feed },
    );
    expectClose(again.values.enc ?? [], end);
  });

  it('share one list of weights, by order where names do not help, frozen layers last', async () => {
    const anonymous = (list: readonly WeightFixture[]) =>
      list.map((weight, index) => ({ ...weight, name: `Variable_${index}:0` }));
    const norm = [vector('g', gamma), vector('b', beta)];
    const statistics = [vector('m', mean), vector('v', variance)];
    const trained = anonymous([...norm, ...stored('a', kernelA, biasA), ...statistics]);
    const first = await output(
      { version: '2.2.4', config: withNorm(false), weights: { enc: trained } },
      { p: feed },
    );
    expectClose(first.values.enc ?? [], end);
    const frozen = anonymous([...stored('a', kernelA, biasA), ...norm, ...statistics]);
    const second = await output(
      { version: '2.2.4', config: withNorm(true), weights: { enc: frozen } },
      { p: feed },
    );
    expectClose(second.values.enc ?? [], end);
  });

  it('with two layers of one name get the right weights', async () => {
    const inner = (name: string, size: number, units: number) => ({
      ...model(
        name,
        [input('in', size), layer('Dense', 'same', { units }, [['in', 0, 0, {}]])],
        [['in', 0, 0]],
        [['same', 0, 0]],
      ),
      name,
    });
    const outer = model(
      'both',
      [
        input('i', 3),
        { ...inner('one', 3, 2), inbound_nodes: [[['i', 0, 0, {}]]] },
        { ...inner('two', 2, 1), inbound_nodes: [[['one', 1, 0, {}]]] },
      ],
      [['i', 0, 0]],
      [['two', 1, 0]],
    );
    const config = model(
      'top',
      [input('p', 3), { ...outer, name: 'both', inbound_nodes: [[['p', 0, 0, {}]]] }],
      [['p', 0, 0]],
      [['both', 1, 0]],
    );
    const weights = [
      ...stored('same', kernelA, biasA, (part) => `one/same/${part}:0`),
      ...stored('same', kernelB, biasB, (part) => `two/same/${part}:0`),
    ];
    const { values } = await output({ version: '2.4.0', config, weights: { both: weights } }, { p: feed });
    expectClose(values.both ?? [], dense(dense(x, kernelA, biasA), kernelB, biasB));
  });
});

describe('dtypes', () => {
  const policies = (dtype: unknown) => ({
    class_name: 'Sequential',
    config: {
      name: 's',
      layers: [
        { class_name: 'InputLayer', config: { batch_input_shape: [null, 3], dtype: 'float32', name: 'x' } },
        { class_name: 'Dense', config: { name: 'a', units: 2, activation: 'relu', dtype } },
        { class_name: 'Dense', config: { name: 'b', units: 1, dtype } },
      ],
    },
  });

  it('float64 layers compute in float64', async () => {
    const wide = (list: readonly WeightFixture[]) =>
      list.map((weight) => ({ ...weight, data: Float64Array.from(weight.data) }));
    const weights = { a: wide(bothWeights.a), b: wide(bothWeights.b) };
    const { model: read, values } = await output(
      { version: '2.4.0', config: policies('float64'), weights },
      { x: feed },
    );
    expect(read.graph.types.get('b')).toMatchObject({ dtype: 'float64' });
    expectClose(values.b ?? [], expected, 1e-12);
  });

  it('float64 weights of a float32 layer are rounded, mixed policies compute in float32', async () => {
    const wide = bothWeights.a.map((weight) => ({ ...weight, data: Float64Array.from(weight.data) }));
    const mixed = { class_name: 'Policy', config: { name: 'mixed_float16' } };
    for (const dtype of ['float32', mixed, undefined]) {
      const { model: read, values } = await output(
        { version: '2.4.0', config: policies(dtype), weights: { a: wide, b: bothWeights.b } },
        { x: feed },
      );
      expect(read.graph.types.get('b')).toMatchObject({ dtype: 'float32' });
      expectClose(values.b ?? [], expected);
    }
  });

  it('float16 layers compute in float16', async () => {
    const model = await read({ version: '2.4.0', config: policies('float16'), weights: bothWeights });
    expect(model.graph.types.get('b')).toMatchObject({ dtype: 'float16' });
    const { b } = await runModel(model, { x: feed });
    const bits = (b?.data as Uint16Array | undefined)?.[0] ?? 0;
    const value = (bits & 0x8000 ? -1 : 1) * 2 ** (((bits >> 10) & 31) - 15) * (1 + (bits & 1023) / 1024);
    expect(Math.abs(value - (expected[0] ?? 0))).toBeLessThan(5e-3);
  });

  it('integers given to a layer that multiplies are cast', async () => {
    const config = policies('float32');
    Object.assign(config.config.layers[0]?.config ?? {}, { dtype: 'uint8' });
    const { values } = await output(
      { version: '2.4.0', config, weights: bothWeights },
      { x: { dtype: 'uint8', dims: [1, 3], data: Uint8Array.of(1, 2, 3) } },
    );
    expectClose(values.b ?? [], dense(relu(dense([1, 2, 3], kernelA, biasA)), kernelB, biasB));
  });
});

describe('options', () => {
  it('nobody knows are noted unless they are empty', async () => {
    const config = {
      class_name: 'Sequential',
      config: [
        {
          class_name: 'Dense',
          config: {
            name: 'a',
            units: 1,
            batch_input_shape: [null, 1],
            use_bias: false,
            lora_rank: null,
            tags: [],
            sharpness: 3,
          },
        },
      ],
    };
    const path = await write({
      version: '2.2.0',
      config,
      weights: { a: [{ name: 'k', dims: [1, 1], data: numbers(1) }] },
    });
    const { context, diagnostics } = listeningContext();
    await keras.read(path, context);
    expect(diagnostics.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'KERAS_OPTION_IGNORED: layer a has options this version does not know, taken as having no effect: sharpness = 3',
    ]);
  });

  it('Keras 1 under Theano is recognised by its weight names, and said', async () => {
    const config = {
      class_name: 'Sequential',
      config: [
        {
          class_name: 'Convolution2D',
          config: {
            name: 'c',
            nb_filter: 1,
            nb_row: 1,
            nb_col: 2,
            dim_ordering: 'th',
            bias: false,
            batch_input_shape: [null, 1, 1, 2],
          },
        },
      ],
    };
    const path = await write({
      version: '1.2.2',
      config,
      weights: { c: [{ name: 'c_W', dims: [1, 1, 1, 2], data: Float32Array.of(1, 10) }] },
    });
    const { context, diagnostics } = listeningContext();
    const read = await keras.read(path, context);
    expect(diagnostics.map(({ code }) => code)).toEqual(['KERAS_BACKEND_ASSUMED']);
    const { c } = await runModel(read, {
      c_input: { dtype: 'float32', dims: [1, 1, 1, 2], data: Float32Array.of(2, 3) },
    });
    // Turned: 2 * 10 + 3 * 1.
    expectClose(c?.data as Float32Array, [23]);
  });
});

describe('what cannot be converted', () => {
  it('is reported all at once, with reasons', async () => {
    const wrapped = { class_name: 'Lambda', config: { name: 'hidden' } };
    const config = {
      class_name: 'Sequential',
      config: {
        name: 's',
        layers: [
          { class_name: 'LSTM', config: { name: 'l1', batch_input_shape: [null, 5, 2] } },
          { class_name: 'LSTM', config: { name: 'l2' } },
          { class_name: 'Lambda', config: { name: 'code', function: ['4wEA', null, null] } },
          { class_name: 'MyLayer', config: { name: 'mine' } },
          { class_name: 'Custom>Thing', config: { name: 'thing' } },
          {
            class_name: 'Dense',
            module: 'evil.module',
            registered_name: 'Dense',
            config: { name: 'd', units: 1 },
          },
          { class_name: 'TimeDistributed', config: { name: 'td', layer: wrapped } },
          { class_name: 'TFOpLambda', config: { name: 'tf.math.add', function: 'math.add' } },
          { class_name: 'UpSampling2D', config: { name: 'u', interpolation: 'lanczos3' } },
        ],
      },
    };
    const { code, message, details } = await refusal({ version: '2.4.0', config });
    expect(code).toBe('OP_UNSUPPORTED');
    expect(message).toBe('10 layers of FILE cannot be converted');
    expect(details).toEqual([
      'LSTM x2 (l1, l2): not supported yet',
      'Lambda x2 (code, td): Python code, never run',
      "MyLayer x1 (mine): not a Keras class: the author's own code",
      "Custom>Thing x1 (thing): a class of the author's own code (Custom>Thing)",
      "Dense x1 (d): a class of the author's own code (evil.module)",
      'TimeDistributed x1 (td): not supported yet',
      'TFOpLambda x1 (tf.math.add): a TensorFlow function called on a tensor, not supported yet',
      'UpSampling2D x1 (u): interpolation lanczos3 is not supported yet',
    ]);
  });

  it('a model class of somebody’s own is named', async () => {
    const { code, message } = await refusal({
      version: '2.4.0',
      config: { class_name: 'MyModel', config: {} },
    });
    expect(code).toBe('OP_UNSUPPORTED');
    expect(message).toBe("FILE is a MyModel, a model class of the author's own code");
  });
});
