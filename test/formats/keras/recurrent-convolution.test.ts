// ConvLSTM1D, 2D and 3D step by step, with the plain convolutions of naive.ts, and TimeDistributed.

import { describe, expect, it } from 'vitest';
import { numbers } from '../../../fixtures/formats/keras/make.ts';
import { conv2d, type Grid, grid } from './naive.ts';
import { hardSigmoid2, sigmoid } from './naive-recurrent.ts';
import { expectClose, type LayerCase, list, runLayer } from './run.ts';

const TIME = 4;
const FILTERS = 3;
const CHANNELS = 2;
const small = (count: number, seed: number) => numbers(count, seed).map((value) => value * 0.5);
const size = (dims: readonly number[]) => dims.reduce((product, dim) => product * dim, 1);

type Options = {
  readonly spatial: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly padding: 'same' | 'valid';
  readonly strides?: readonly [number, number];
  readonly gate?: (x: number) => number;
  readonly isBackwards?: boolean;
  /** Per sample and step. */
  readonly mask?: readonly (readonly boolean[])[];
};

/** Outputs per step, (batch, rows, columns, filters) each; input (batch, time, rows, columns, channels). */
function naive(
  x: ArrayLike<number>,
  kernel: Float32Array,
  recurrent: Float32Array,
  bias: Float32Array,
  options: Options,
) {
  const { spatial, kernel: window, padding, strides = [1, 1], gate = sigmoid, isBackwards, mask } = options;
  const frame = size(spatial) * CHANNELS;
  const step = (t: number): Grid =>
    grid([2, ...spatial, CHANNELS], (n = 0, r = 0, c = 0, f = 0) =>
      Number(x[(n * TIME + t) * frame + (r * spatial[1] + c) * CHANNELS + f]),
    );
  const inputKernel = { dims: [...window, CHANNELS, 4 * FILTERS], data: kernel };
  const stateKernel = { dims: [...window, FILTERS, 4 * FILTERS], data: recurrent };
  let h: number[] = [];
  let c: number[] = [];
  const order = Array.from({ length: TIME }, (_, t) => (isBackwards ? TIME - 1 - t : t));
  const steps = order.map((t) => {
    const inner = conv2d(step(t), inputKernel, { padding, strides });
    const dims = [...inner.dims.slice(0, 3), FILTERS];
    const count = size(dims);
    if (h.length === 0) [h, c] = [new Array<number>(count).fill(0), new Array<number>(count).fill(0)];
    const outer = conv2d({ dims, data: Float32Array.from(h) }, stateKernel, { padding: 'same' });
    const at = (place: number, which: number) => {
      const from = Math.floor(place / FILTERS) * 4 * FILTERS + which * FILTERS + (place % FILTERS);
      return (
        Number(inner.data[from]) +
        Number(outer.data[from]) +
        Number(bias[which * FILTERS + (place % FILTERS)])
      );
    };
    const isSeen = (place: number) => mask?.[Math.floor(place / (count / 2))]?.[t] ?? true;
    const cells = c.map((value, place) =>
      isSeen(place) ? gate(at(place, 1)) * value + gate(at(place, 0)) * Math.tanh(at(place, 2)) : value,
    );
    h = h.map((value, place) => (isSeen(place) ? gate(at(place, 3)) * Math.tanh(cells[place] ?? 0) : value));
    c = cells;
    return h;
  });
  return { steps, last: h };
}

const bias = small(4 * FILTERS, 3);
const weightsOf = (kernel: readonly number[]) => {
  const dims = [...kernel, CHANNELS, 4 * FILTERS];
  const own = [...kernel, FILTERS, 4 * FILTERS];
  return [
    ['kernel', dims, small(size(dims), 1)],
    ['recurrent_kernel', own, small(size(own), 2)],
    ['bias', [4 * FILTERS], bias],
  ] as const satisfies LayerCase['weights'];
};
const config = { filters: FILTERS, activation: 'tanh', recurrent_activation: 'sigmoid' };

/** Steps of both samples in turn, as the layer gives a sequence. */
function sequenceOf(steps: readonly number[][]): number[] {
  const half = (steps[0]?.length ?? 0) / 2;
  return [0, 1].flatMap((sample) => steps.flatMap((step) => step.slice(sample * half, (sample + 1) * half)));
}

describe('ConvLSTM2D', () => {
  const spatial = [5, 6] as const;
  const kernel = [3, 2] as const;
  const weights = weightsOf(kernel);
  const [[, , k], [, , r]] = weights;

  it.each([
    { name: 'same', options: { padding: 'same' } },
    { name: 'valid', options: { padding: 'valid' } },
    { name: 'strides', options: { padding: 'same', strides: [2, 2] } },
    { name: 'backwards', options: { padding: 'valid', isBackwards: true } },
  ] as const)('$name', async ({ options }) => {
    const more: Options = { spatial, kernel, ...options };
    const keras = {
      ...config,
      kernel_size: kernel,
      padding: more.padding,
      strides: more.strides ?? [1, 1],
      go_backwards: more.isBackwards ?? false,
    };
    const layer = { className: 'ConvLSTM2D', input: [TIME, ...spatial, CHANNELS], weights };
    const sequence = await runLayer({ ...layer, config: { ...keras, return_sequences: true } });
    const wanted = naive(list(sequence.x), k, r, bias, more);
    expectClose(list(sequence.y), sequenceOf(wanted.steps), 1e-5);
    const last = await runLayer({ ...layer, config: keras });
    expectClose(list(last.y), wanted.last, 1e-5);
    expect(last.model.graph.nodes.filter(({ opType }) => opType === 'Conv')).toHaveLength(1);
  });

  it('hard_sigmoid and channels first', async () => {
    const { x, y } = await runLayer({
      className: 'ConvLSTM2D',
      version: '2.3.1',
      input: [TIME, CHANNELS, ...spatial],
      weights,
      config: {
        ...config,
        kernel_size: kernel,
        padding: 'valid',
        data_format: 'channels_first',
        recurrent_activation: 'hard_sigmoid',
      },
    });
    const frame = size(spatial);
    const moved = Array.from({ length: x.data.length }, (_, place) => {
      const channel = place % CHANNELS;
      const pixel = Math.floor(place / CHANNELS) % frame;
      const image = Math.floor(place / (CHANNELS * frame));
      return list(x)[(image * CHANNELS + channel) * frame + pixel] ?? Number.NaN;
    });
    const { last } = naive(moved, k, r, bias, { spatial, kernel, padding: 'valid', gate: hardSigmoid2 });
    const [batch = 0, filters = 0, rows = 0, columns = 0] = y.dims;
    const wanted = Array.from({ length: batch * filters * rows * columns }, (_, place) => {
      const pixel = place % (rows * columns);
      const filter = Math.floor(place / (rows * columns)) % filters;
      const sample = Math.floor(place / (rows * columns * filters));
      return last[(sample * rows * columns + pixel) * filters + filter] ?? Number.NaN;
    });
    expectClose(list(y), wanted, 1e-5);
  });
});

it('ConvLSTM1D is ConvLSTM2D over one row', async () => {
  const weights = weightsOf([3]);
  const { x, y } = await runLayer({
    className: 'ConvLSTM1D',
    input: [TIME, 6, CHANNELS],
    weights,
    config: { ...config, kernel_size: [3], padding: 'same', return_sequences: true },
  });
  const [[, , k], [, , r]] = weights;
  const wanted = naive(list(x), k, r, bias, { spatial: [1, 6], kernel: [1, 3], padding: 'same' });
  expectClose(list(y), sequenceOf(wanted.steps), 1e-5);
});

it('ConvLSTM3D with windows of depth 1 is ConvLSTM2D by slice', async () => {
  const weights = weightsOf([1, 2, 2]);
  const { x, y } = await runLayer({
    className: 'ConvLSTM3D',
    input: [TIME, 1, 4, 3, CHANNELS],
    weights,
    config: { ...config, kernel_size: [1, 2, 2], padding: 'same' },
  });
  const [[, , k], [, , r]] = weights;
  expectClose(
    list(y),
    naive(list(x), k, r, bias, { spatial: [4, 3], kernel: [2, 2], padding: 'same' }).last,
    1e-5,
  );
});
