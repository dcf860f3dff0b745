import { describe, expect, it } from 'vitest';
import { numbers } from '../../../fixtures/formats/keras/make.ts';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { at, biased, conv2d, conv2dTranspose, depthwise2d, type Grid, grid, permuted } from './naive.ts';
import { expectClose, list, runLayer } from './run.ts';

const asGrid = ({ dims, data }: Tensor): Grid => ({ dims, data: data as Float32Array });
const kernelOf = (dims: readonly number[], seed = 7): Grid => ({
  dims,
  data: numbers(
    dims.reduce((product, dim) => product * dim, 1),
    seed,
  ),
});
const data = ({ data }: Grid) => data as Float32Array;
/** Turned by 180 degrees, as Theano's convolution reads a kernel. */
const turned = (kernel: Grid) =>
  grid(kernel.dims, (y = 0, x = 0, c = 0, f = 0) =>
    at(kernel, (kernel.dims[0] ?? 1) - 1 - y, (kernel.dims[1] ?? 1) - 1 - x, c, f),
  );

describe('Conv2D', () => {
  for (const padding of ['valid', 'same'] as const) {
    for (const [strides, dilations] of [
      [
        [1, 1],
        [1, 1],
      ],
      [
        [2, 2],
        [1, 1],
      ],
      [
        [3, 2],
        [1, 1],
      ],
      [
        [1, 1],
        [2, 3],
      ],
    ] as [[number, number], [number, number]][]) {
      it(`slides with padding ${padding}, strides ${strides}, dilations ${dilations}`, async () => {
        const kernel = kernelOf([3, 2, 3, 4]);
        const bias = numbers(4, 8);
        const { x, y } = await runLayer({
          className: 'Conv2D',
          config: { filters: 4, kernel_size: [3, 2], strides, dilation_rate: dilations, padding },
          input: [7, 9, 3],
          weights: [
            ['kernel', kernel.dims, data(kernel)],
            ['bias', [4], bias],
          ],
        });
        const expected = biased(conv2d(asGrid(x), kernel, { strides, dilations, padding }), bias);
        expect(y.dims).toEqual(expected.dims);
        expectClose(list(y), expected.data);
      });
    }
  }

  it('pads like TensorFlow where the size is known only when the model runs', async () => {
    const kernel = kernelOf([3, 3, 2, 2]);
    for (const feed of [
      [7, 8, 2],
      [6, 5, 2],
    ]) {
      const { x, y } = await runLayer({
        className: 'Conv2D',
        config: { filters: 2, kernel_size: [3, 3], strides: [2, 2], padding: 'same', use_bias: false },
        input: [null, null, 2],
        feed,
        weights: [['kernel', kernel.dims, data(kernel)]],
      });
      const expected = conv2d(asGrid(x), kernel, { strides: [2, 2], padding: 'same' });
      expect(y.dims).toEqual(expected.dims);
      expectClose(list(y), expected.data);
    }
  });

  it('cuts channels into groups', async () => {
    const kernel = kernelOf([2, 2, 2, 6]);
    const { x, y } = await runLayer({
      className: 'Conv2D',
      config: { filters: 6, kernel_size: [2, 2], groups: 3, use_bias: false },
      input: [4, 5, 6],
      weights: [['kernel', kernel.dims, data(kernel)]],
    });
    expectClose(list(y), conv2d(asGrid(x), kernel, {}, 3).data);
  });

  it('takes channels first as they are', async () => {
    const kernel = kernelOf([3, 3, 2, 4]);
    const { x, y, model } = await runLayer({
      className: 'Conv2D',
      config: {
        filters: 4,
        kernel_size: [3, 3],
        padding: 'same',
        data_format: 'channels_first',
        use_bias: false,
      },
      input: [2, 5, 6],
      weights: [['kernel', kernel.dims, data(kernel)]],
    });
    const expected = conv2d(permuted(asGrid(x), [0, 2, 3, 1]), kernel, { padding: 'same' });
    expectClose(list(y), permuted(expected, [0, 3, 1, 2]).data);
    expect(model.graph.nodes.map(({ opType }) => opType)).not.toContain('Transpose');
  });

  it('reads Keras 1 kernels in both orderings, turned where Theano wrote them', async () => {
    const kernel = kernelOf([3, 2, 2, 4]);
    const common = {
      nb_filter: 4,
      nb_row: 3,
      nb_col: 2,
      border_mode: 'valid',
      subsample: [1, 1],
      bias: false,
    };
    const last = await runLayer({
      className: 'Convolution2D',
      version: '1.2.2',
      config: { ...common, dim_ordering: 'tf' },
      input: [5, 6, 2],
      weights: [['W', kernel.dims, data(kernel)]],
    });
    expectClose(list(last.y), conv2d(asGrid(last.x), kernel).data);
    const stored = permuted(kernel, [3, 2, 0, 1]);
    const first = await runLayer({
      className: 'Convolution2D',
      version: '1.2.2',
      config: { ...common, dim_ordering: 'th' },
      input: [2, 5, 6],
      weights: [['W', stored.dims, Float32Array.from(stored.data)]],
    });
    const expected = conv2d(permuted(asGrid(first.x), [0, 2, 3, 1]), kernel);
    expectClose(list(first.y), permuted(expected, [0, 3, 1, 2]).data);
  });

  it('turns kernels of the Theano backend by 180 degrees', async () => {
    const kernel = kernelOf([3, 2, 2, 4]);
    const { x, y } = await runLayer({
      className: 'Conv2D',
      backend: 'theano',
      config: { filters: 4, kernel_size: [3, 2], use_bias: false },
      input: [5, 6, 2],
      weights: [['kernel', kernel.dims, data(kernel)]],
    });
    expectClose(list(y), conv2d(asGrid(x), turned(kernel)).data);
  });
});

describe('Conv1D', () => {
  const line = (input: Tensor): Grid => ({
    dims: [2, input.dims[1] ?? 1, 1, input.dims[2] ?? 1],
    data: input.data as Float32Array,
  });
  const kernel = kernelOf([3, 2, 4]);
  const square: Grid = { dims: [3, 1, 2, 4], data: kernel.data };

  it('slides along one axis', async () => {
    for (const [padding, stride] of [
      ['valid', 1],
      ['same', 2],
      ['same', 3],
    ] as const) {
      const { x, y } = await runLayer({
        className: 'Conv1D',
        config: { filters: 4, kernel_size: [3], strides: [stride], padding, use_bias: false },
        input: [8, 2],
        weights: [['kernel', kernel.dims, data(kernel)]],
      });
      expectClose(list(y), conv2d(line(x), square, { strides: [stride, 1], padding }).data);
    }
  });

  it('looks only backwards with causal padding', async () => {
    const { x, y } = await runLayer({
      className: 'Conv1D',
      config: { filters: 4, kernel_size: [3], dilation_rate: [2], padding: 'causal', use_bias: false },
      input: [8, 2],
      weights: [['kernel', kernel.dims, data(kernel)]],
    });
    const input = line(x);
    const expected = grid([2, 8, 4], (n = 0, t = 0, f = 0) => {
      let sum = 0;
      for (let k = 0; k < 3; k++) {
        const from = t - (2 - k) * 2;
        for (let c = 0; c < 2 && from >= 0; c++) sum += at(input, n, from, 0, c) * at(kernel, k, c, f);
      }
      return sum;
    });
    expect(y.dims).toEqual(expected.dims);
    expectClose(list(y), expected.data);
  });

  it('reads the four-axis kernels of Keras 1', async () => {
    const { x, y } = await runLayer({
      className: 'Convolution1D',
      version: '1.2.2',
      config: { nb_filter: 4, filter_length: 3, subsample_length: 2, border_mode: 'same', bias: false },
      input: [8, 2],
      weights: [['W', [3, 1, 2, 4], data(kernel)]],
    });
    expectClose(list(y), conv2d(line(x), square, { strides: [2, 1], padding: 'same' }).data);
  });
});

describe('depthwise and separable convolutions', () => {
  it('gives each channel its own filters', async () => {
    const kernel = kernelOf([3, 2, 3, 2]);
    const bias = numbers(6, 9);
    const { x, y } = await runLayer({
      className: 'DepthwiseConv2D',
      config: { kernel_size: [3, 2], strides: [2, 2], padding: 'same', depth_multiplier: 2 },
      input: [5, 6, 3],
      weights: [
        ['depthwise_kernel', kernel.dims, data(kernel)],
        ['bias', [6], bias],
      ],
    });
    const expected = biased(depthwise2d(asGrid(x), kernel, { strides: [2, 2], padding: 'same' }), bias);
    expect(y.dims).toEqual(expected.dims);
    expectClose(list(y), expected.data);
  });

  it('mixes channels after filtering them', async () => {
    const depthwise = kernelOf([3, 3, 2, 2]);
    const pointwise = kernelOf([1, 1, 4, 5], 5);
    const { x, y } = await runLayer({
      className: 'SeparableConv2D',
      config: { filters: 5, kernel_size: [3, 3], depth_multiplier: 2, use_bias: false },
      input: [6, 5, 2],
      weights: [
        ['depthwise_kernel', depthwise.dims, data(depthwise)],
        ['pointwise_kernel', pointwise.dims, data(pointwise)],
      ],
    });
    expectClose(list(y), conv2d(depthwise2d(asGrid(x), depthwise), pointwise).data);
  });
});

describe('Conv2DTranspose', () => {
  const kernel = kernelOf([3, 2, 4, 2]);
  const cases = [
    { padding: 'valid', strides: [1, 1], output: [6, 6], cut: [0, 0] },
    { padding: 'valid', strides: [2, 3], output: [9, 15], cut: [0, 0] },
    // SAME cuts the surplus kernel - stride, its smaller half in front.
    { padding: 'same', strides: [1, 1], output: [4, 5], cut: [1, 0] },
    { padding: 'same', strides: [2, 2], output: [8, 10], cut: [0, 0] },
    { padding: 'same', strides: [2, 3], output: [8, 15], cut: [0, 0] },
    // (n - 1) * stride + kernel - 2 * floor(kernel / 2) + output_padding
    { padding: 'same', strides: [2, 2], output: [8, 9], cut: [0, 0], extra: [1, 1] },
  ] as const;
  for (const { padding, strides, output, cut, ...rest } of cases) {
    const extra = 'extra' in rest ? rest.extra : null;
    it(`spreads with padding ${padding}, strides ${strides}, output padding ${extra}`, async () => {
      const { x, y } = await runLayer({
        className: 'Conv2DTranspose',
        config: { filters: 4, kernel_size: [3, 2], strides, padding, output_padding: extra, use_bias: false },
        input: [4, 5, 2],
        weights: [['kernel', kernel.dims, data(kernel)]],
      });
      expect(y.dims.slice(1, 3)).toEqual(output);
      expectClose(list(y), conv2dTranspose(asGrid(x), kernel, [...strides], [...output], [...cut]).data);
    });
  }
});
