// How versions write the same architecture, and functional models.

import { describe, expect, it } from 'vitest';
import {
  biasA,
  bothWeights,
  dense,
  expected,
  feed,
  input,
  kernelA,
  layer,
  model,
  output,
  relu,
  x,
} from './architecture.ts';
import { expectClose } from './run.ts';

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
