import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { at, type Grid, grid, highest, mean, permuted, pool2d } from './naive.ts';
import { expectClose, list, runLayer } from './run.ts';

const asGrid = ({ dims, data }: Tensor): Grid => ({ dims, data: data as Float32Array });

describe('pooling', () => {
  for (const [className, reduce] of [
    ['MaxPooling2D', highest],
    ['AveragePooling2D', mean],
  ] as const) {
    for (const padding of ['valid', 'same'] as const) {
      for (const strides of [null, [1, 1], [2, 3]] as const) {
        it(`${className} with padding ${padding} and strides ${strides}`, async () => {
          const { x, y } = await runLayer({
            className,
            config: { pool_size: [3, 2], strides, padding },
            input: [7, 5, 2],
          });
          const expected = pool2d(
            asGrid(x),
            [3, 2],
            { padding, strides: [...(strides ?? [3, 2])] as [number, number] },
            reduce,
          );
          expect(y.dims).toEqual(expected.dims);
          expectClose(list(y), expected.data);
        });
      }
    }

    it(`${className} over axes of unknown length leaves padding out of the result`, async () => {
      for (const feed of [
        [7, 5, 2],
        [4, 8, 2],
      ]) {
        const config = { pool_size: [3, 3], strides: [2, 2], padding: 'same' };
        const { x, y } = await runLayer({ className, config, input: [null, null, 2], feed });
        expectClose(list(y), pool2d(asGrid(x), [3, 3], { padding: 'same', strides: [2, 2] }, reduce).data);
      }
    });

    it(`${className} with channels first`, async () => {
      const config = { pool_size: [2, 2], data_format: 'channels_first' };
      const { x, y } = await runLayer({ className, config, input: [3, 4, 6] });
      const last = pool2d(permuted(asGrid(x), [0, 2, 3, 1]), [2, 2], { strides: [2, 2] }, reduce);
      expectClose(list(y), permuted(last, [0, 3, 1, 2]).data);
    });
  }

  it('works along one axis, under the names of Keras 1 too', async () => {
    for (const [version, config] of [
      ['2.15.0', { pool_size: [2], strides: [2], padding: 'same' }],
      ['3.5.0', { pool_size: 2, strides: 2, padding: 'same' }],
      ['1.2.2', { pool_length: 2, stride: 2, border_mode: 'same' }],
    ] as const) {
      const { x, y } = await runLayer({ className: 'MaxPooling1D', version, config, input: [5, 3] });
      const line: Grid = { dims: [2, 5, 1, 3], data: list(x) };
      expectClose(list(y), pool2d(line, [2, 1], { padding: 'same', strides: [2, 1] }, highest).data);
    }
  });
});

describe('global pooling', () => {
  for (const [className, reduce] of [
    ['GlobalMaxPooling2D', highest],
    ['GlobalAveragePooling2D', mean],
  ] as const) {
    it(`${className} in both layouts, axes kept or not`, async () => {
      const { x, y } = await runLayer({ className, input: [3, 4, 2] });
      const expected = pool2d(asGrid(x), [3, 4], {}, reduce);
      expect(y.dims).toEqual([2, 2]);
      expectClose(list(y), expected.data);
      const kept = await runLayer({ className, config: { keepdims: true }, input: [3, 4, 2] });
      expect(kept.y.dims).toEqual([2, 1, 1, 2]);
      const first = await runLayer({
        className,
        config: { data_format: 'channels_first', keepdims: true },
        input: [2, 3, 4],
      });
      expect(first.y.dims).toEqual([2, 2, 1, 1]);
      expectClose(list(first.y), pool2d(permuted(asGrid(first.x), [0, 2, 3, 1]), [3, 4], {}, reduce).data);
    });
  }

  it('works along one axis of unknown length', async () => {
    const { x, y } = await runLayer({ className: 'GlobalAveragePooling1D', input: [null, 3], feed: [5, 3] });
    const input = asGrid(x);
    const expected = grid([2, 3], (n = 0, c = 0) => mean([0, 1, 2, 3, 4].map((t) => at(input, n, t, c))));
    expectClose(list(y), expected.data);
  });
});
