import { describe, expect, it } from 'vitest';
import { numbers } from '../../../fixtures/formats/keras/make.ts';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { at, type Grid, grid, permuted } from './naive.ts';
import { expectClose, list, read, refusal, runLayer, runModel } from './run.ts';

const asGrid = ({ dims, data }: Tensor): Grid => ({ dims, data: data as Float32Array });

describe('layers that rearrange', () => {
  it('Flatten keeps the order of elements; channels_first moves the channels last', async () => {
    const last = await runLayer({
      className: 'Flatten',
      config: { data_format: 'channels_last' },
      input: [2, 3, 4],
    });
    expect(last.y.dims).toEqual([2, 24]);
    expectClose(list(last.y), list(last.x));
    const first = await runLayer({
      className: 'Flatten',
      config: { data_format: 'channels_first' },
      input: [2, 3, 4],
    });
    expectClose(list(first.y), permuted(asGrid(first.x), [0, 2, 3, 1]).data);
    const flat = await runLayer({ className: 'Flatten', input: [5] });
    expect(flat.y.dims).toEqual([2, 5]);
    const open = await runLayer({ className: 'Flatten', input: [null, 3], feed: [4, 3] });
    expect(open.y.dims).toEqual([2, 12]);
  });

  it('Reshape finds the axis of -1', async () => {
    for (const [target, dims] of [
      [
        [6, 4],
        [2, 6, 4],
      ],
      [[-1], [2, 24]],
      [
        [2, -1, 3],
        [2, 2, 4, 3],
      ],
    ] as const) {
      const { x, y } = await runLayer({
        className: 'Reshape',
        config: { target_shape: target },
        input: [2, 3, 4],
      });
      expect(y.dims).toEqual(dims);
      expectClose(list(y), list(x));
    }
    const open = await runLayer({
      className: 'Reshape',
      config: { target_shape: [-1, 2] },
      input: [null, 4],
      feed: [3, 4],
    });
    expect(open.y.dims).toEqual([2, 6, 2]);
  });

  it('Reshape that cannot fit is refused', async () => {
    for (const target_shape of [[5, 5], [7, -1], [-1, -1], 'x', [1.5]]) {
      const layers = [
        { class_name: 'Reshape', config: { name: 'r', target_shape, batch_input_shape: [null, 24] } },
      ];
      const { code, message } = await refusal({
        version: '2.4.0',
        config: { class_name: 'Sequential', config: layers },
      });
      expect(code).toBe('MODEL_DAMAGED');
      expect(message).toContain('layer r');
    }
  });

  it('Permute counts axes from 1', async () => {
    const { x, y } = await runLayer({ className: 'Permute', config: { dims: [3, 1, 2] }, input: [2, 3, 4] });
    const expected = permuted(asGrid(x), [0, 3, 1, 2]);
    expect(y.dims).toEqual(expected.dims);
    expectClose(list(y), expected.data);
  });

  it('RepeatVector', async () => {
    const { x, y } = await runLayer({ className: 'RepeatVector', config: { n: 3 }, input: [4] });
    expect(y.dims).toEqual([2, 3, 4]);
    expectClose(list(y), grid([2, 3, 4], (n = 0, _ = 0, f = 0) => at(asGrid(x), n, f)).data);
  });
});

describe('padding, cropping, upsampling', () => {
  it('ZeroPadding2D in the forms versions write', async () => {
    for (const [version, padding, [top, bottom, left, right]] of [
      [
        '2.15.0',
        [
          [1, 2],
          [3, 0],
        ],
        [1, 2, 3, 0],
      ],
      ['2.0.5', [1, 2], [1, 1, 2, 2]],
      ['3.5.0', 2, [2, 2, 2, 2]],
      ['1.2.2', [1, 2], [1, 1, 2, 2]],
      ['1.2.2', [1, 2, 3, 4], [1, 2, 3, 4]],
    ] as const) {
      const { x, y } = await runLayer({
        className: 'ZeroPadding2D',
        version,
        config: { padding },
        input: [2, 3, 2],
      });
      const expected = grid([2, 2 + top + bottom, 3 + left + right, 2], (n = 0, r = 0, c = 0, k = 0) => {
        const isInside = r >= top && r < top + 2 && c >= left && c < left + 3;
        return isInside ? at(asGrid(x), n, r - top, c - left, k) : 0;
      });
      expect(y.dims).toEqual(expected.dims);
      expectClose(list(y), expected.data);
    }
  });

  it('ZeroPadding1D, and channels first', async () => {
    const line = await runLayer({ className: 'ZeroPadding1D', config: { padding: [1, 2] }, input: [2, 1] });
    const [a, b, c, d] = list(line.x);
    expectClose(list(line.y), [0, a, b, 0, 0, 0, c, d, 0, 0].map(Number));
    const config = {
      padding: [
        [0, 0],
        [1, 1],
      ],
      data_format: 'channels_first',
    };
    const first = await runLayer({ className: 'ZeroPadding2D', config, input: [2, 1, 1] });
    const [e, f, g, h] = list(first.x);
    expectClose(list(first.y), [0, e, 0, 0, f, 0, 0, g, 0, 0, h, 0].map(Number));
  });

  it('Cropping2D, also on axes of unknown length', async () => {
    for (const input of [
      [5, 6, 2],
      [null, null, 2],
    ]) {
      const { x, y } = await runLayer({
        className: 'Cropping2D',
        config: {
          cropping: [
            [1, 2],
            [0, 3],
          ],
        },
        input,
        feed: [5, 6, 2],
      });
      const expected = grid([2, 2, 3, 2], (n = 0, r = 0, c = 0, k = 0) => at(asGrid(x), n, r + 1, c, k));
      expect(y.dims).toEqual(expected.dims);
      expectClose(list(y), expected.data);
    }
    const { message } = await refusal({
      version: '2.15.0',
      config: {
        class_name: 'Sequential',
        config: [
          {
            class_name: 'Cropping1D',
            config: { name: 'c', cropping: [2, 2], batch_input_shape: [null, 4, 1] },
          },
        ],
      },
    });
    expect(message).toContain('layer c: it cuts 4 elements off an axis of 4');
  });

  it('UpSampling repeats elements', async () => {
    const { x, y } = await runLayer({
      className: 'UpSampling2D',
      config: { size: [2, 3] },
      input: [2, 3, 2],
    });
    const nearest = grid([2, 4, 9, 2], (n = 0, r = 0, c = 0, k = 0) =>
      at(asGrid(x), n, r >> 1, Math.floor(c / 3), k),
    );
    expect(y.dims).toEqual(nearest.dims);
    expectClose(list(y), nearest.data);
    const one = await runLayer({ className: 'UpSampling1D', config: { size: 2 }, input: [3, 2] });
    expectClose(list(one.y), grid([2, 6, 2], (n = 0, t = 0, k = 0) => at(asGrid(one.x), n, t >> 1, k)).data);
    const old = await runLayer({
      className: 'UpSampling1D',
      version: '1.2.2',
      config: { length: 2 },
      input: [3, 2],
    });
    expect(old.y.dims).toEqual([2, 6, 2]);
  });

  // Where output pixel i lies in the input: (i + 0.5) / scale - 0.5, or i / scale before centres were moved.
  const lines = (version: string) => {
    const isHalf = version !== '2.2.4';
    return (i: number, scale: number, length: number) => {
      const place = isHalf ? (i + 0.5) / scale - 0.5 : i / scale;
      const clamped = Math.min(Math.max(place, 0), length - 1);
      const low = Math.floor(clamped);
      return { low, high: Math.min(low + 1, length - 1), share: clamped - low };
    };
  };
  for (const version of ['2.2.4', '2.2.4-tf', '2.15.0', '3.5.0']) {
    it(`UpSampling2D bilinear in Keras ${version}`, async () => {
      const config = { size: [2, 3], interpolation: 'bilinear' };
      const { x, y } = await runLayer({ className: 'UpSampling2D', version, config, input: [3, 4, 2] });
      const locate = lines(version);
      const expected = grid([2, 6, 12, 2], (n = 0, r = 0, c = 0, k = 0) => {
        const row = locate(r, 2, 3);
        const column = locate(c, 3, 4);
        const mix = (a: number, b: number, share: number) => a + (b - a) * share;
        const top = mix(
          at(asGrid(x), n, row.low, column.low, k),
          at(asGrid(x), n, row.low, column.high, k),
          column.share,
        );
        const bottom = mix(
          at(asGrid(x), n, row.high, column.low, k),
          at(asGrid(x), n, row.high, column.high, k),
          column.share,
        );
        return mix(top, bottom, row.share);
      });
      expectClose(list(y), expected.data);
    });
  }
});

describe('layers over features', () => {
  it('Dense over the last axis of any rank', async () => {
    for (const input of [[3], [4, 3], [2, 4, 3], [null, 3]]) {
      const kernel = numbers(6, 5);
      const bias = Float32Array.of(0.5, -0.5);
      const { x, y } = await runLayer({
        className: 'Dense',
        config: { units: 2 },
        input,
        feed: input.map((dim) => dim ?? 5),
        weights: [
          ['kernel', [3, 2], kernel],
          ['bias', [2], bias],
        ],
      });
      const dims = x.dims.with(-1, 2);
      const values = list(x);
      const expected = grid(dims, (...index) => {
        const unit = index.at(-1) ?? 0;
        const row = index.slice(0, -1).reduce((offset, at, axis) => offset * (dims[axis] ?? 1) + at, 0) * 3;
        return [0, 1, 2].reduce(
          (sum, k) => sum + (values[row + k] ?? 0) * (kernel[k * 2 + unit] ?? 0),
          bias[unit] ?? 0,
        );
      });
      expect(y.dims).toEqual(dims);
      expectClose(list(y), expected.data);
    }
  });

  it('TimeDistributedDense of Keras 1 is a Dense', async () => {
    const { y } = await runLayer({
      className: 'TimeDistributedDense',
      version: '1.1.0',
      config: { output_dim: 2, activation: 'linear', bias: false },
      input: [4, 3],
      weights: [['W', [3, 2]]],
    });
    expect(y.dims).toEqual([2, 4, 2]);
  });

  it('Embedding looks rows up by integers and by floats', async () => {
    const table = numbers(15, 4);
    for (const dtype of ['float32', 'int32']) {
      const model = await read({
        version: '2.15.0',
        config: {
          class_name: 'Sequential',
          config: [
            {
              class_name: 'Embedding',
              config: { name: 'e', input_dim: 5, output_dim: 3, batch_input_shape: [null, 2], dtype },
            },
          ],
        },
        weights: { e: [{ name: 'e/embeddings:0', dims: [5, 3], data: table }] },
      });
      const data = dtype === 'int32' ? Int32Array.of(4, 0, 2, 2) : Float32Array.of(4, 0, 2, 2);
      const outputs = await runModel(model, { e_input: { dtype: dtype as 'int32', dims: [2, 2], data } });
      const expected = [4, 0, 2, 2].flatMap((row) => Array.from(table.slice(row * 3, row * 3 + 3)));
      expectClose(list(outputs.e as Tensor), expected);
    }
  });

  it('no-ops leave the graph without a trace', async () => {
    const { x, y, model } = await runLayer({ className: 'Dropout', config: { rate: 0.5 }, input: [3] });
    expectClose(list(y), list(x));
    expect(model.graph.nodes.map(({ opType }) => opType)).toEqual(['Identity']);
    for (const className of ['GaussianNoise', 'SpatialDropout1D', 'AlphaDropout', 'ActivityRegularization']) {
      const ran = await runLayer({ className, input: [3, 2] });
      expectClose(list(ran.y), list(ran.x));
    }
  });
});
