// SimpleRNN, LSTM, GRU and their cuDNN forms against the formulas of the Keras documentation, step by step.

import { describe, expect, it } from 'vitest';
import { numbers } from '../../../fixtures/formats/keras/make.ts';
import keras from '../../../src/formats/keras/index.ts';
import {
  gruCell,
  hardSigmoid2,
  hardSigmoid3,
  lstmCell,
  type NaiveCell,
  samples,
  simpleCell,
  type UnrollOptions,
  unroll,
} from './naive-recurrent.ts';
import { expectClose, type LayerCase, list, listeningContext, refusal, runLayer, write } from './run.ts';

const TIME = 5;
const IN = 3;
const UNITS = 4;
const small = (count: number, seed: number) => numbers(count, seed).map((value) => value * 0.7);
const K = (gates: number) => small(IN * gates * UNITS, 11);
const R = (gates: number) => small(UNITS * gates * UNITS, 12);
const B = (length: number) => small(length, 13);

type Case = Omit<LayerCase, 'input'> & { readonly cell: NaiveCell; readonly unrolled?: UnrollOptions };

async function check({ cell, unrolled, ...one }: Case) {
  const { x, y, model } = await runLayer({ ...one, input: [TIME, IN] });
  const expected = samples(list(x), [2, TIME, IN]).map((steps) => unroll(cell, steps, unrolled));
  const isSequence = one.config?.return_sequences === true;
  expectClose(
    list(y),
    expected.flatMap(({ sequence, last }) => (isSequence ? sequence.flat() : last)),
    1e-5,
  );
  expect(model.graph.nodes.filter(({ opType }) => /^(LSTM|GRU|RNN)$/.test(opType))).toHaveLength(1);
  return model;
}

const weights = (
  gates: number,
  bias?: readonly [dims: readonly number[], data: Float32Array],
): NonNullable<LayerCase['weights']> => [
  ['kernel', [IN, gates * UNITS], K(gates)],
  ['recurrent_kernel', [UNITS, gates * UNITS], R(gates)],
  ...(bias === undefined ? [] : [['bias', ...bias] as const]),
];
const config = { units: UNITS, activation: 'tanh', recurrent_activation: 'sigmoid' };

describe('SimpleRNN', () => {
  it('gives the last step', async () => {
    const cell = simpleCell(UNITS, K(1), R(1), B(UNITS));
    await check({ className: 'SimpleRNN', config, weights: weights(1, [[UNITS], B(UNITS)]), cell });
  });

  it.each([
    ['linear', (v: number) => v],
    ['relu', (v: number) => Math.max(v, 0)],
    ['elu', (v: number) => (v > 0 ? v : Math.exp(v) - 1)],
    ['softsign', (v: number) => v / (1 + Math.abs(v))],
    ['softplus', (v: number) => Math.log1p(Math.exp(v))],
  ])('with activation %s, without bias', async (activation, apply) => {
    await check({
      className: 'SimpleRNN',
      config: { ...config, activation, use_bias: false, return_sequences: true },
      weights: weights(1),
      cell: simpleCell(UNITS, K(1), R(1), undefined, apply),
    });
  });
});

describe('LSTM', () => {
  const plain = { className: 'LSTM', weights: weights(4, [[4 * UNITS], B(4 * UNITS)]) };
  const bias = B(4 * UNITS);

  it.each([false, true])('return_sequences %s', async (return_sequences) => {
    const model = await check({
      ...plain,
      config: { ...config, return_sequences },
      cell: lstmCell(UNITS, K(4), R(4), bias),
    });
    // The defaults of the operator are left unsaid.
    const node = model.graph.nodes.find(({ opType }) => opType === 'LSTM');
    expect(node?.attributes.has('activations')).toBe(false);
  });

  it.each([false, true])('go_backwards, return_sequences %s', async (return_sequences) => {
    await check({
      ...plain,
      config: { ...config, return_sequences, go_backwards: true },
      cell: lstmCell(UNITS, K(4), R(4), bias),
      unrolled: { isBackwards: true },
    });
  });

  it.each([
    ['2.3.1', hardSigmoid2],
    ['3.5.0', hardSigmoid3],
  ])('hard_sigmoid of Keras %s, and elu', async (version, gate) => {
    await check({
      ...plain,
      version,
      config: { ...config, recurrent_activation: 'hard_sigmoid', activation: 'elu', return_sequences: true },
      cell: lstmCell(UNITS, K(4), R(4), bias, gate, (v) => (v > 0 ? v : Math.exp(v) - 1)),
    });
  });

  it('keeps twelve arrays in Keras 1, gates in the order i, c, f, o', async () => {
    const gate = (index: number) => [
      [`W${index}`, [IN, UNITS], small(IN * UNITS, 20 + index)] as const,
      [`U${index}`, [UNITS, UNITS], small(UNITS * UNITS, 30 + index)] as const,
      [`b${index}`, [UNITS], small(UNITS, 40 + index)] as const,
    ];
    // Index of each fused gate i, f, c, o among the stored ones.
    const order = [0, 2, 1, 3];
    const columns = (rows: number, seed: number) =>
      Array.from({ length: rows }, (_, row) =>
        order.flatMap((index) =>
          Array.from(small(rows * UNITS, seed + index)).slice(row * UNITS, (row + 1) * UNITS),
        ),
      ).flat();
    await check({
      className: 'LSTM',
      version: '1.2.2',
      config: {
        output_dim: UNITS,
        input_dim: IN,
        activation: 'tanh',
        inner_activation: 'hard_sigmoid',
        consume_less: 'cpu',
        return_sequences: true,
        dropout_W: 0,
        dropout_U: 0,
      },
      weights: [0, 1, 2, 3].flatMap(gate),
      cell: lstmCell(
        UNITS,
        columns(IN, 20),
        columns(UNITS, 30),
        order.flatMap((index) => Array.from(small(UNITS, 40 + index))),
        hardSigmoid2,
      ),
    });
  });

  it('says that a stateful layer starts from zeros', async () => {
    const path = await write({
      version: '2.3.1',
      config: {
        class_name: 'Sequential',
        config: {
          name: 's',
          layers: [
            {
              class_name: 'LSTM',
              config: { ...config, name: 'a', batch_input_shape: [2, TIME, IN], stateful: true },
            },
          ],
        },
      },
      weights: {
        a: plain.weights.map(([name, dims, data]) => ({
          name: `a/${name}:0`,
          dims,
          data: data ?? B(1),
        })),
      },
    });
    const { context, diagnostics } = listeningContext();
    await keras.read(path, context);
    expect(diagnostics.map(({ code, severity, where }) => [code, severity, where?.layer])).toEqual([
      ['KERAS_STATE_NOT_KEPT', 'note', 'a'],
    ]);
  });

  it('is refused with an activation that the operator does not have', async () => {
    const layer = {
      class_name: 'LSTM',
      config: { ...config, name: 'a', activation: 'selu', batch_input_shape: [null, TIME, IN] },
    };
    const { code, details } = await refusal({
      version: '2.3.1',
      config: { class_name: 'Sequential', config: { name: 's', layers: [layer] } },
    });
    expect(code).toBe('OP_UNSUPPORTED');
    expect(details).toEqual(["LSTM x1 (a): its activation selu is none that ONNX's LSTM can apply"]);
  });
});

describe('GRU', () => {
  it('resets before the product', async () => {
    await check({
      className: 'GRU',
      config: { ...config, reset_after: false, return_sequences: true },
      weights: weights(3, [[3 * UNITS], B(3 * UNITS)]),
      cell: gruCell(UNITS, K(3), R(3), B(3 * UNITS), undefined),
    });
  });

  it('resets after the product, with a second bias', async () => {
    const bias = B(6 * UNITS);
    await check({
      className: 'GRU',
      config: { ...config, reset_after: true, return_sequences: true },
      weights: weights(3, [[2, 3 * UNITS], bias]),
      cell: gruCell(UNITS, K(3), R(3), bias.slice(0, 3 * UNITS), bias.slice(3 * UNITS)),
    });
  });

  it('resets after the product, without bias', async () => {
    await check({
      className: 'GRU',
      config: { ...config, reset_after: true, use_bias: false },
      weights: weights(3),
      cell: gruCell(UNITS, K(3), R(3), undefined, new Float32Array(3 * UNITS)),
    });
  });
});

/** What Keras does to put cuDNN's weights into a plain layer: kernel.T.reshape(kernel.shape, order='F') by gate. */
function fromCudnn(stored: Float32Array, rows: number, gates: number): number[] {
  const width = gates * UNITS;
  const result = new Array<number>(rows * width).fill(0);
  for (let gate = 0; gate < gates; gate++) {
    const flat: number[] = [];
    for (let row = 0; row < rows; row++) {
      for (let unit = 0; unit < UNITS; unit++) flat.push(stored[row * width + gate * UNITS + unit] ?? 0);
    }
    flat.forEach((value, at) => {
      result[(at % rows) * width + gate * UNITS + Math.floor(at / rows)] = value;
    });
  }
  return result;
}

describe('cuDNN', () => {
  it('LSTM has its kernels in another order and two biases', async () => {
    const bias = B(8 * UNITS);
    const both = bias.slice(0, 4 * UNITS).map((value, index) => value + (bias[4 * UNITS + index] ?? 0));
    await check({
      className: 'CuDNNLSTM',
      config: { units: UNITS, return_sequences: true },
      weights: weights(4, [[8 * UNITS], bias]),
      cell: lstmCell(UNITS, fromCudnn(K(4), IN, 4), fromCudnn(R(4), UNITS, 4), both),
    });
  });

  it('GRU resets after the product', async () => {
    const bias = B(6 * UNITS);
    await check({
      className: 'CuDNNGRU',
      config: { units: UNITS, return_sequences: true },
      weights: weights(3, [[6 * UNITS], bias]),
      cell: gruCell(
        UNITS,
        fromCudnn(K(3), IN, 3),
        fromCudnn(R(3), UNITS, 3),
        bias.slice(0, 3 * UNITS),
        bias.slice(3 * UNITS),
      ),
    });
  });
});
