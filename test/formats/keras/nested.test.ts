// Models used as layers, and where their weights are.

import { describe, expect, it } from 'vitest';
import { numbers, type WeightFixture } from '../../../fixtures/formats/keras/make.ts';
import {
  biasA,
  biasB,
  bothWeights,
  dense,
  expected,
  feed,
  input,
  kernelA,
  kernelB,
  layer,
  model,
  output,
  relu,
  stored,
  x,
} from './architecture.ts';
import { expectClose } from './run.ts';

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
