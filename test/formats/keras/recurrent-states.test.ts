// States that come in and go out, cells and stacks of them, sequences of unknown length, and TimeDistributed.

import { describe, expect, it } from 'vitest';
import { numbers, type WeightFixture } from '../../../fixtures/formats/keras/make.ts';
import keras from '../../../src/formats/keras/index.ts';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { gruCell, lstmCell, type NaiveCell, samples, simpleCell, unroll } from './naive-recurrent.ts';
import { expectClose, list, listeningContext, read, refusal, runLayer, runModel, write } from './run.ts';

const TIME = 4;
const IN = 3;
const UNITS = 2;
const small = (count: number, seed: number) => numbers(count, seed).map((value) => value * 0.7);
const config = { units: UNITS, activation: 'tanh', recurrent_activation: 'sigmoid' };

const weights = (gates: number, width: number, seed: number): WeightFixture[] => [
  { name: `k${seed}:0`, dims: [width, gates * UNITS], data: small(width * gates * UNITS, 11 + seed) },
  { name: `r${seed}:0`, dims: [UNITS, gates * UNITS], data: small(UNITS * gates * UNITS, 12 + seed) },
  { name: `b${seed}:0`, dims: [gates * UNITS], data: small(gates * UNITS, 13 + seed) },
];
const dataOf = (own: readonly WeightFixture[]) => own.map(({ data }) => Array.from(data));
const lstm = (seed = 0, width = IN): NaiveCell => {
  const [k = [], r = [], b = []] = dataOf(weights(4, width, seed));
  return lstmCell(UNITS, k, r, b);
};

const x: Tensor = { dtype: 'float32', dims: [2, TIME, IN], data: numbers(2 * TIME * IN, 5) };
const states = [1, 2, 3, 4].map(
  (seed): Tensor => ({ dtype: 'float32', dims: [2, UNITS], data: small(2 * UNITS, 60 + seed) }),
);
const rows = samples(list(x), [2, TIME, IN]);
const stateOf = (index: number, sample: number) =>
  list(states[index] ?? x).slice(sample * UNITS, (sample + 1) * UNITS);

const input = (name: string, shape: readonly (number | null)[], isThird: boolean) => ({
  class_name: 'InputLayer',
  name,
  config: { name, dtype: 'float32', [isThird ? 'batch_shape' : 'batch_input_shape']: [null, ...shape] },
  inbound_nodes: [],
});
const tensor = (name: string) => ({
  class_name: '__keras_tensor__',
  config: { shape: [null, 1], dtype: 'float32', keras_history: [name, 0, 0] },
});

/** How versions of Keras write a call with initial states. */
const wirings: Readonly<Record<string, (names: readonly string[]) => readonly unknown[]>> = {
  '2.2.4': (names) => [['x', ...names].map((name) => [name, 0, 0, {}])],
  '2.15.0': ([...names]) => [[['x', 0, 0, { initial_state: names.map((name) => [name, 0, 0]) }]]],
  '3.5.0': (names) => [{ args: [tensor('x')], kwargs: { initial_state: names.map(tensor) } }],
};

async function functional(
  version: string,
  layer: { readonly className: string; readonly config: object },
  given: number,
  outputs: number,
  own: readonly WeightFixture[],
): Promise<number[][]> {
  const names = Array.from({ length: given }, (_, index) => `s${index}`);
  const isThird = version.startsWith('3');
  const refs = (list: readonly string[]) => list.map((name) => [name, 0, 0]);
  const layers = [
    input('x', [TIME, IN], isThird),
    ...names.map((name) => input(name, [UNITS], isThird)),
    {
      class_name: layer.className,
      name: 'l',
      config: { name: 'l', ...layer.config },
      inbound_nodes: wirings[version]?.(names),
    },
  ];
  const model = await read({
    version,
    backend: 'tensorflow',
    config: {
      class_name: 'Functional',
      config: {
        name: 'm',
        layers,
        input_layers: refs(['x', ...names]),
        output_layers: Array.from({ length: outputs }, (_, index) => ['l', 0, index]),
      },
    },
    weights: { l: own },
  });
  const feeds = Object.fromEntries([['x', x], ...names.map((name, index) => [name, states[index]])]);
  const made = await runModel(model, feeds);
  return model.graph.outputs.map((name) => list(made[name] ?? x));
}

describe('initial_state and return_state', () => {
  const layer = { className: 'LSTM', config: { ...config, return_state: true } };
  const wanted = rows.map((steps, n) => unroll(lstm(), steps, { initial: [stateOf(0, n), stateOf(1, n)] }));

  it.each(Object.keys(wirings))('LSTM as Keras %s writes it', async (version) => {
    const [y = [], h = [], c = []] = await functional(version, layer, 2, 3, weights(4, IN, 0));
    expectClose(
      y,
      wanted.flatMap(({ last }) => last),
    );
    expectClose(
      h,
      wanted.flatMap(({ states: [own = []] }) => own),
    );
    expectClose(
      c,
      wanted.flatMap(({ states: [, own = []] }) => own),
    );
  });

  it('GRU', async () => {
    const gru = {
      className: 'GRU',
      config: { ...config, return_state: true, return_sequences: true, reset_after: false },
    };
    const own = weights(3, IN, 0);
    const [k = [], r = [], b = []] = dataOf(own);
    const cell = gruCell(UNITS, k, r, b, undefined);
    const expected = rows.map((steps, n) => unroll(cell, steps, { initial: [stateOf(0, n)] }));
    const [y = [], h = []] = await functional('2.15.0', gru, 1, 2, own);
    expectClose(
      y,
      expected.flatMap(({ sequence }) => sequence.flat()),
    );
    expectClose(
      h,
      expected.flatMap(({ last }) => last),
    );
  });

  it.each(['concat', 'sum', null])('Bidirectional, merged by %s', async (merge_mode) => {
    const inner = { class_name: 'LSTM', config: { ...config, name: 'i', return_state: true } };
    const bidirectional = { className: 'Bidirectional', config: { layer: inner, merge_mode } };
    const own = [...weights(4, IN, 0), ...weights(4, IN, 30)];
    const count = merge_mode === null ? 6 : 5;
    const got = await functional('2.15.0', bidirectional, 4, count, own);
    const backward = rows.map((steps, n) =>
      unroll(lstm(30), steps, { initial: [stateOf(2, n), stateOf(3, n)], isBackwards: true }),
    );
    const ends = [wanted, backward].flatMap((half) =>
      [0, 1].map((index) => half.flatMap((sample) => sample.states[index] ?? [])),
    );
    const merged = wanted.flatMap(({ last }, n) => {
      const other = backward[n]?.last ?? [];
      return merge_mode === 'sum' ? last.map((value, at) => value + (other[at] ?? 0)) : [...last, ...other];
    });
    const outputs = merge_mode === null ? [ends[0] ?? [], ends[2] ?? []] : [merged];
    for (const [index, values] of [...outputs, ...ends].entries()) expectClose(got[index] ?? [], values);
  });

  it('another number of states is a damaged file', async () => {
    await expect(functional('2.2.4', layer, 1, 1, weights(4, IN, 0))).rejects.toMatchObject({
      code: 'MODEL_DAMAGED',
      message: expect.stringContaining('it is called with 1 initial states and has 2'),
    });
  });
});

describe('RNN', () => {
  it('around one cell is the layer', async () => {
    const own = weights(1, IN, 0);
    const [k = [], r = [], b = []] = dataOf(own);
    const cell = { class_name: 'SimpleRNNCell', config };
    const [y = []] = await functional('2.15.0', { className: 'RNN', config: { cell } }, 0, 1, own);
    expectClose(
      y,
      rows.flatMap((steps) => unroll(simpleCell(UNITS, k, r, b), steps).last),
    );
  });

  it('gives the states of a stack cell by cell', async () => {
    const cells = [
      { class_name: 'LSTMCell', config },
      { class_name: 'GRUCell', config: { ...config, reset_after: false } },
    ];
    const cell = { class_name: 'StackedRNNCells', config: { cells } };
    const own = [...weights(4, IN, 0), ...weights(3, UNITS, 40)];
    const [k = [], r = [], b = []] = dataOf(weights(3, UNITS, 40));
    const got = await functional(
      '2.15.0',
      { className: 'RNN', config: { cell, return_state: true } },
      0,
      4,
      own,
    );
    const lower = rows.map((steps) => unroll(lstm(), steps));
    const upper = lower.map(({ sequence }) => unroll(gruCell(UNITS, k, r, b, undefined), sequence));
    const ends = [0, 1].map((index) => lower.flatMap((sample) => sample.states[index] ?? []));
    const top = upper.flatMap(({ last }) => last);
    for (const [index, values] of [top, ...ends, top].entries()) expectClose(got[index] ?? [], values);
  });

  it('stacks nested without end are damage', async () => {
    let cell: object = { class_name: 'LSTMCell', config };
    for (let depth = 0; depth < 200; depth++) {
      cell = { class_name: 'StackedRNNCells', config: { cells: [cell] } };
    }
    const layer = { class_name: 'RNN', config: { name: 'r', cell, batch_input_shape: [null, TIME, IN] } };
    const { code, message } = await refusal({
      version: '2.4.0',
      config: { class_name: 'Sequential', config: { name: 's', layers: [layer] } },
    });
    expect(code).toBe('MODEL_DAMAGED');
    expect(message).toContain('its cells are nested more than 20 deep');
  });

  it('around a cell of its author is refused', async () => {
    const cell = { class_name: 'MyCell', config: {} };
    const layer = { class_name: 'RNN', config: { name: 'r', cell, batch_input_shape: [null, TIME, IN] } };
    const { code, details } = await refusal({
      version: '2.4.0',
      config: { class_name: 'Sequential', config: { name: 's', layers: [layer] } },
    });
    expect([code, ...details]).toEqual([
      'OP_UNSUPPORTED',
      'RNN x1 (r): its cell is code of its author (MyCell)',
    ]);
  });
});

it('takes sequences of any length', async () => {
  const own = weights(4, IN, 0);
  const layer = {
    className: 'LSTM',
    weights: own.map(({ name, dims, data }) => [name, dims, Float32Array.from(data)] as const),
    config: { ...config, return_sequences: true },
  };
  const { x: fed, y } = await runLayer({ ...layer, input: [null, IN], feed: [7, IN] });
  expectClose(
    list(y),
    samples(list(fed), [2, 7, IN]).flatMap((steps) => unroll(lstm(), steps).sequence.flat()),
  );
});

it('time_major has time on the first axis', async () => {
  const own = weights(4, IN, 0);
  const { x: fed, y } = await runLayer({
    className: 'LSTM',
    weights: own.map(({ name, dims, data }) => [name, dims, Float32Array.from(data)] as const),
    config: { ...config, time_major: true },
    input: [TIME, IN],
  });
  // The two "samples" of the test are two steps of four sequences.
  const steps = samples(list(fed), [2, TIME, IN]);
  const wanted = Array.from(
    { length: TIME },
    (_, n) =>
      unroll(
        lstm(),
        steps.map((step) => step[n] ?? []),
      ).last,
  );
  expectClose(list(y), wanted.flat());
});

it.each([
  ['LSTM', 4],
  ['SimpleRNN', 1],
] as const)('%s in float64 is computed in float32, and says so', async (className, gates) => {
  const own = weights(gates, IN, 0);
  const [k = [], r = [], b = []] = dataOf(own);
  const fixture = {
    version: '2.15.0',
    config: {
      class_name: 'Sequential',
      config: {
        name: 's',
        layers: [
          {
            class_name: className,
            config: { ...config, name: 'l', dtype: 'float64', batch_input_shape: [null, TIME, IN] },
          },
        ],
      },
    },
    weights: { l: own },
  };
  const { context, diagnostics } = listeningContext();
  const model = await keras.read(await write(fixture), context);
  const data = Float64Array.from(list(x));
  const [y] = Object.values(
    await runModel(model, { [model.graph.inputs[0] ?? '']: { ...x, dtype: 'float64', data } }),
  );
  expect(y?.dtype).toBe('float64');
  const cell = className === 'LSTM' ? lstm() : simpleCell(UNITS, k, r, b);
  expectClose(
    list(y ?? x),
    rows.flatMap((steps) => unroll(cell, steps).last),
  );
  expect(diagnostics.map(({ code }) => code)).toEqual(['KERAS_COMPUTED_IN_FLOAT32']);
});

describe('TimeDistributed', () => {
  const inner = (class_name: string, own: object) => ({
    layer: { class_name, config: { name: 'inner', ...own } },
  });

  it.each([{ time: 5 }, { time: null }])('a recurrent layer in every step, $time steps', async ({ time }) => {
    const own = weights(4, IN, 0);
    const { x: fed, y } = await runLayer({
      className: 'TimeDistributed',
      weights: own.map(({ name, dims, data }) => [name, dims, Float32Array.from(data)] as const),
      config: inner('LSTM', config),
      input: [time, TIME, IN],
      feed: [5, TIME, IN],
    });
    expect(y.dims).toEqual([2, 5, UNITS]);
    expectClose(
      list(y),
      samples(list(fed), [10, TIME, IN]).flatMap((steps) => unroll(lstm(), steps).last),
    );
  });

  it('Flatten keeps every step apart', async () => {
    const { x: fed, y } = await runLayer({
      className: 'TimeDistributed',
      config: inner('Flatten', {}),
      input: [TIME, 2, 3],
    });
    expect(y.dims).toEqual([2, TIME, 6]);
    expect(list(y)).toEqual(list(fed));
  });

  it('Dense needs no reshaping', async () => {
    const kernel = small(IN * 2, 1);
    const {
      x: fed,
      y,
      model,
    } = await runLayer({
      className: 'TimeDistributed',
      weights: [['kernel', [IN, 2], kernel]],
      config: inner('Dense', { units: 2, use_bias: false }),
      input: [TIME, IN],
    });
    const wanted = samples(list(fed), [2, TIME, IN])
      .flat()
      .flatMap((step) =>
        [0, 1].map((unit) =>
          step.reduce((sum, value, row) => sum + value * (kernel[row * 2 + unit] ?? 0), 0),
        ),
      );
    expectClose(list(y), wanted);
    expect(model.graph.nodes.map(({ opType }) => opType)).not.toContain('Reshape');
  });

  it('a model inside, and what is folded once is not unfolded in between', async () => {
    const dense = (name: string, units: number, more = {}) => ({
      class_name: 'Dense',
      config: { name, units, use_bias: false, ...more },
    });
    const layers = [dense('a', 2, { batch_input_shape: [null, IN] }), dense('b', 1)];
    const nested = { class_name: 'Sequential', config: { name: 'nested', layers } };
    const wrap = (name: string, layer: object, more = {}) => ({
      class_name: 'TimeDistributed',
      config: { name, layer, ...more },
    });
    const all = [
      wrap('first', nested, { batch_input_shape: [null, TIME, IN] }),
      wrap('second', { class_name: 'Flatten', config: { name: 'f' } }),
    ];
    const [a, b] = [small(IN * 2, 1), small(2, 2)];
    const model = await read({
      version: '2.15.0',
      config: { class_name: 'Sequential', config: { name: 's', layers: all } },
      weights: {
        first: [
          { name: 'first/a/kernel:0', dims: [IN, 2], data: a },
          { name: 'first/b/kernel:0', dims: [2, 1], data: b },
        ],
      },
    });
    const [output] = Object.values(await runModel(model, { [model.graph.inputs[0] ?? '']: x }));
    const wanted = rows.flat().map((step) =>
      [0, 1].reduce((sum, unit) => {
        const hidden = step.reduce((own, value, row) => own + value * (a[row * 2 + unit] ?? 0), 0);
        return sum + hidden * (b[unit] ?? 0);
      }, 0),
    );
    expectClose(list(output ?? x), wanted);
    const flatten = model.graph.nodes.find(({ opType }) => opType === 'Flatten');
    const before = model.graph.nodes.find(({ outputs }) => outputs[0] === flatten?.inputs[0]);
    expect(before?.opType).toBe('MatMul');
  });

  it('says what inside cannot be converted', async () => {
    const layer = {
      class_name: 'TimeDistributed',
      config: {
        name: 't',
        layer: { class_name: 'Lambda', config: { name: 'code' } },
        batch_input_shape: [null, 4, 2],
      },
    };
    const { code, details } = await refusal({
      version: '2.4.0',
      config: { class_name: 'Sequential', config: { name: 's', layers: [layer] } },
    });
    expect([code, ...details]).toEqual(['OP_UNSUPPORTED', 'Lambda x1 (t/code): Python code, never run']);
  });
});
