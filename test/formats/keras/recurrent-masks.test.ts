// Masks against steps taken one by one: a masked step keeps state and output, wherever in the sequence it is.

import { describe, expect, it } from 'vitest';
import { numbers, type WeightFixture } from '../../../fixtures/formats/keras/make.ts';
import {
  gruCell,
  lstmCell,
  type NaiveCell,
  samples,
  simpleCell,
  type UnrollOptions,
  unroll,
} from './naive-recurrent.ts';
import { expectClose, list, read, refusal, runModel } from './run.ts';

const TIME = 6;
const IN = 3;
const UNITS = 4;
const small = (count: number, seed: number) => numbers(count, seed).map((value) => value * 0.7);

/** One row per sample: gaps in front, inside and behind, nothing masked, everything masked. */
const PATTERNS = ['011011', '101100', '111111', '000000', '000001'];
const masks = PATTERNS.map((row) => [...row].map((letter) => letter === '1'));
const flat = masks.flat();
const data = numbers(flat.length * IN, 5).map((value, at) => (flat[Math.floor(at / IN)] ? value : 0));
const rows = samples(data, [masks.length, TIME, IN]);

type Layer = readonly [className: string, config: object, weights?: readonly WeightFixture[]];

function sequential(layers: readonly Layer[], version: string, input: readonly number[], dtype = 'float32') {
  const named = layers.map(([class_name, config], index) => ({
    class_name,
    config: { name: `l${index}`, ...config },
  }));
  const first = {
    class_name: 'InputLayer',
    config: { batch_input_shape: [null, ...input], dtype, name: 'x' },
  };
  return read({
    version,
    backend: 'tensorflow',
    config: { class_name: 'Sequential', config: { name: 's', layers: [first, ...named] } },
    weights: Object.fromEntries(
      layers.flatMap(([, , weights], index) => (weights ? [[`l${index}`, weights]] : [])),
    ),
  });
}

async function run(layers: readonly Layer[], version = '2.15.0'): Promise<number[]> {
  const model = await sequential(layers, version, [TIME, IN]);
  const outputs = await runModel(model, { x: { dtype: 'float32', dims: [masks.length, TIME, IN], data } });
  const [output] = Object.values(outputs);
  return output === undefined ? [] : list(output);
}

const weights = (gates: number, width: number, seed = 0): WeightFixture[] => [
  { name: 'kernel:0', dims: [width, gates * UNITS], data: small(width * gates * UNITS, 11 + seed) },
  { name: 'recurrent_kernel:0', dims: [UNITS, gates * UNITS], data: small(UNITS * gates * UNITS, 12 + seed) },
  { name: 'bias:0', dims: [gates * UNITS], data: small(gates * UNITS, 13 + seed) },
];
const [K, R, B] = [0, 1, 2].map(
  (index) =>
    (gates: number, seed = 0, width = IN) =>
      weights(gates, width, seed)[index]?.data ?? [],
);
const lstm = (seed = 0, width = IN) =>
  lstmCell(UNITS, K?.(4, seed, width) ?? [], R?.(4, seed) ?? [], B?.(4, seed));
const config = { units: UNITS, activation: 'tanh', recurrent_activation: 'sigmoid' };
const masking: Layer = ['Masking', { mask_value: 0 }];

const expected = (cell: NaiveCell, options: UnrollOptions = {}) =>
  rows.map((steps, sample) => unroll(cell, steps, { mask: masks[sample], ...options }));

describe('a masked recurrent layer', () => {
  it.each([true, false])('LSTM, backwards %s', async (go_backwards) => {
    const wanted = expected(lstm(), { isBackwards: go_backwards });
    const layer = (more: object): Layer => ['LSTM', { ...config, go_backwards, ...more }, weights(4, IN)];
    expectClose(
      await run([masking, layer({ return_sequences: true })]),
      wanted.flatMap(({ sequence }) => sequence.flat()),
    );
    expectClose(
      await run([masking, layer({})]),
      wanted.flatMap(({ last }) => last),
    );
  });

  it('GRU after layers that pass the mask on', async () => {
    const layers: Layer[] = [
      masking,
      ['Dropout', { rate: 0.5 }],
      ['Activation', { activation: 'linear' }],
      ['GRU', { ...config, reset_after: false, return_sequences: true }, weights(3, IN)],
    ];
    const cell = gruCell(UNITS, K?.(3) ?? [], R?.(3) ?? [], B?.(3), undefined);
    expectClose(
      await run(layers),
      expected(cell).flatMap(({ sequence }) => sequence.flat()),
    );
  });

  it('passes the mask on with its sequence', async () => {
    const layers: Layer[] = [
      masking,
      ['LSTM', { ...config, return_sequences: true }, weights(4, IN)],
      ['LSTM', config, weights(4, UNITS, 50)],
    ];
    const first = expected(lstm()).map(({ sequence }) => sequence);
    const second = first.map((steps, sample) => unroll(lstm(50, UNITS), steps, { mask: masks[sample] }));
    expectClose(
      await run(layers),
      second.flatMap(({ last }) => last),
    );
  });

  it('gives zeros at masked steps when told to', async () => {
    const layer: Layer = [
      'LSTM',
      { ...config, return_sequences: true, zero_output_for_mask: true },
      weights(4, IN),
    ];
    const wanted = expected(lstm(), { isZeroWhereMasked: true });
    expectClose(
      await run([masking, layer]),
      wanted.flatMap(({ sequence }) => sequence.flat()),
    );
  });

  it('keeps the states of all cells of a stack', async () => {
    const own = (seed: number, width: number) =>
      weights(4, width, seed).map((weight) => ({ ...weight, name: `cell${seed}/${weight.name}` }));
    const cell = { class_name: 'LSTMCell', config };
    const stack = { class_name: 'StackedRNNCells', config: { cells: [cell, cell] } };
    const layer: Layer = ['RNN', { cell: stack, return_sequences: true }, [...own(0, IN), ...own(50, UNITS)]];
    const upper = lstm(50, UNITS);
    const both: NaiveCell = {
      units: UNITS,
      states: 4,
      step(x, states) {
        const low = lstm().step(x, states.slice(2));
        return [...upper.step(low[0] ?? [], states.slice(0, 2)), ...low];
      },
    };
    expectClose(
      await run([masking, layer]),
      expected(both).flatMap(({ sequence }) => sequence.flat()),
    );
  });
});

describe('Bidirectional', () => {
  const layer = (mode: string, more: object): Layer => [
    'Bidirectional',
    { merge_mode: mode, layer: { class_name: 'LSTM', config: { ...config, name: 'i', ...more } } },
    [...weights(4, IN), ...weights(4, IN, 90).map((weight) => ({ ...weight, name: `b/${weight.name}` }))],
  ];
  const merges: Readonly<Record<string, (a: number[], b: number[]) => number[]>> = {
    concat: (a, b) => [...a, ...b],
    sum: (a, b) => a.map((value, at) => value + (b[at] ?? 0)),
    mul: (a, b) => a.map((value, at) => value * (b[at] ?? 0)),
    ave: (a, b) => a.map((value, at) => (value + (b[at] ?? 0)) / 2),
  };

  it.each(
    ['2.15.0', '2.2.4', '3.5.0'].flatMap((version) =>
      ['concat', 'sum', 'mul', 'ave'].flatMap((mode) =>
        [true, false].flatMap((isSequence) =>
          [true, false].map((isMasked) => ({ version, mode, isSequence, isMasked })),
        ),
      ),
    ),
  )(
    '$version $mode, sequence $isSequence, masked $isMasked',
    async ({ version, mode, isSequence, isMasked }) => {
      const layers = [...(isMasked ? [masking] : []), layer(mode, { return_sequences: isSequence })];
      const options = {
        ...(isMasked ? {} : { mask: undefined }),
        // tf.keras and Keras 3 do so inside a Bidirectional.
        isZeroWhereMasked: version !== '2.2.4',
      };
      const forward = expected(lstm(), options);
      const backward = expected(lstm(90), { ...options, isBackwards: true });
      const merge = merges[mode] ?? (() => []);
      const wanted = forward.flatMap((half, sample) => {
        const other = backward[sample] ?? half;
        if (!isSequence) return merge(half.last, other.last);
        const turned = other.sequence.toReversed();
        return half.sequence.flatMap((step, at) => merge(step, turned[at] ?? []));
      });
      expectClose(await run(layers, version), wanted);
    },
  );

  it('is one operator', async () => {
    const model = await sequential([layer('concat', {})], '2.15.0', [TIME, IN]);
    expect(model.graph.nodes.filter(({ opType }) => opType === 'LSTM')).toHaveLength(1);
  });

  it('refuses a layer that is not recurrent', async () => {
    const inner = { class_name: 'Lambda', config: { name: 'i' } };
    const wrapped = {
      class_name: 'Bidirectional',
      config: { name: 'b', layer: inner, batch_input_shape: [null, 4, 2] },
    };
    const { code, details } = await refusal({
      version: '2.4.0',
      config: { class_name: 'Sequential', config: { name: 's', layers: [wrapped] } },
    });
    expect([code, ...details]).toEqual([
      'OP_UNSUPPORTED',
      'Bidirectional x1 (b): it wraps Lambda, which is no recurrent layer of Keras',
    ]);
  });
});

describe('where masks come from and end', () => {
  it('Embedding hides index 0', async () => {
    const table = small(7 * IN, 77);
    const indices = [3, 0, 0, 6, 1, 0, 0, 2, 0, 0, 0, 5];
    const layers: Layer[] = [
      [
        'Embedding',
        { input_dim: 7, output_dim: IN, mask_zero: true },
        [{ name: 'embeddings:0', dims: [7, IN], data: table }],
      ],
      ['SimpleRNN', config, weights(1, IN)],
    ];
    const model = await sequential(layers, '2.15.0', [TIME], 'int32');
    const [output] = Object.values(
      await runModel(model, { x: { dtype: 'int32', dims: [2, TIME], data: Int32Array.from(indices) } }),
    );
    const cell = simpleCell(UNITS, K?.(1) ?? [], R?.(1) ?? [], B?.(1));
    const wanted = [0, 1].flatMap((sample) => {
      const own = indices.slice(sample * TIME, (sample + 1) * TIME);
      const steps = own.map((index) => Array.from(table.slice(index * IN, (index + 1) * IN)));
      return unroll(cell, steps, { mask: own.map((index) => index !== 0) }).last;
    });
    expectClose(output === undefined ? [] : list(output), wanted);
  });

  it('GlobalAveragePooling1D leaves masked steps out', async () => {
    const got = await run([masking, ['GlobalAveragePooling1D', {}]]);
    const wanted = rows.flatMap((steps, sample) => {
      const seen = steps.filter((_, step) => masks[sample]?.[step]);
      return Array.from(
        { length: IN },
        (_, f) => seen.reduce((sum, step) => sum + (step[f] ?? 0), 0) / seen.length,
      );
    });
    expectClose(got, wanted);
  });

  it('Reshape ends it', async () => {
    const layers: Layer[] = [
      masking,
      ['Reshape', { target_shape: [TIME, IN] }],
      ['LSTM', config, weights(4, IN)],
    ];
    expectClose(
      await run(layers),
      expected(lstm(), { mask: undefined }).flatMap(({ last }) => last),
    );
  });

  it('Masking looks for its own value and makes such steps zero', async () => {
    const shifted = await sequential([['Masking', { mask_value: 2 }]], '2.15.0', [2, 2]);
    const x = { dtype: 'float32', dims: [1, 2, 2], data: Float32Array.of(2, 2, 2, 3) } as const;
    expect(Object.values(await runModel(shifted, { x })).map(list)).toEqual([[0, 0, 2, 3]]);
  });
});
