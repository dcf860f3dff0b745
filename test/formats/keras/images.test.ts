// Layers that cut and resize images, and pooling into a given number of windows.

import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { at, type Grid, grid, permuted } from './naive.ts';
import { expectClose, list, refusal, runLayer } from './run.ts';

const asGrid = ({ dims, data }: Tensor): Grid => ({ dims, data: data as Float32Array });
const clamp = (value: number, size: number) => Math.min(Math.max(value, 0), size - 1);

/** Channels-last images, pixel centres between the whole numbers. */
function resized(x: Grid, height: number, width: number, method: string): Grid {
  const [batch = 0, rows = 0, columns = 0, channels = 0] = x.dims;
  return grid([batch, height, width, channels], (b = 0, i = 0, j = 0, c = 0) => {
    const [y, z] = [((i + 0.5) * rows) / height, ((j + 0.5) * columns) / width];
    if (method === 'nearest') return at(x, b, clamp(Math.floor(y), rows), clamp(Math.floor(z), columns), c);
    const [top, left] = [Math.floor(y - 0.5), Math.floor(z - 0.5)];
    const [down, right] = [y - 0.5 - top, z - 0.5 - left];
    const pixel = (row: number, column: number) => at(x, b, clamp(row, rows), clamp(column, columns), c);
    const above = pixel(top, left) * (1 - right) + pixel(top, left + 1) * right;
    const below = pixel(top + 1, left) * (1 - right) + pixel(top + 1, left + 1) * right;
    return above * (1 - down) + below * down;
  });
}

function cut(x: Grid, [top, left]: [number, number], [height, width]: [number, number]): Grid {
  return grid([x.dims[0] ?? 0, height, width, x.dims[3] ?? 0], (b = 0, i = 0, j = 0, c = 0) =>
    at(x, b, i + top, j + left, c),
  );
}

describe('Resizing', () => {
  for (const interpolation of ['bilinear', 'nearest']) {
    for (const [height, width] of [
      [4, 9],
      [7, 3],
      [1, 1],
      [10, 12],
    ] as const) {
      it(`${interpolation} from 5 x 6 to ${height} x ${width}`, async () => {
        const config = { height, width, interpolation, crop_to_aspect_ratio: false };
        const { x, y } = await runLayer({ className: 'Resizing', config, input: [5, 6, 2] });
        expectClose(list(y), resized(asGrid(x), height, width, interpolation).data);
      });
    }
  }

  it('images of any size, and channels first', async () => {
    const config = { height: 3, width: 4, interpolation: 'bilinear' };
    const any = await runLayer({ className: 'Resizing', config, input: [null, null, 2], feed: [5, 7, 2] });
    expectClose(list(any.y), resized(asGrid(any.x), 3, 4, 'bilinear').data);
    const first = await runLayer({
      className: 'Resizing',
      version: '3.5.0',
      config: { ...config, data_format: 'channels_first' },
      input: [2, 5, 7],
    });
    const last = resized(permuted(asGrid(first.x), [0, 2, 3, 1]), 3, 4, 'bilinear');
    expectClose(list(first.y), permuted(last, [0, 3, 1, 2]).data);
  });

  it('keeps the aspect ratio by cutting or by borders', async () => {
    const size = { height: 4, width: 2, interpolation: 'bilinear' };
    const cropped = await runLayer({
      className: 'Resizing',
      config: { ...size, crop_to_aspect_ratio: true },
      input: [6, 7, 1],
    });
    expectClose(list(cropped.y), resized(cut(asGrid(cropped.x), [0, 2], [6, 3]), 4, 2, 'bilinear').data);
    const padded = await runLayer({
      className: 'Resizing',
      version: '3.5.0',
      config: { ...size, pad_to_aspect_ratio: true, fill_mode: 'constant', fill_value: 9 },
      input: [4, 3, 1],
    });
    const bordered = grid([2, 6, 3, 1], (b = 0, i = 0, j = 0, c = 0) =>
      i < 1 || i > 4 ? 9 : at(asGrid(padded.x), b, i - 1, j, c),
    );
    expectClose(list(padded.y), resized(bordered, 4, 2, 'bilinear').data);
  });

  it('refuses what ONNX computes otherwise', async () => {
    const { details } = await refusal({
      version: '2.15.0',
      config: {
        class_name: 'Sequential',
        config: [
          {
            class_name: 'Resizing',
            config: {
              name: 'r',
              height: 2,
              width: 2,
              interpolation: 'lanczos3',
              batch_input_shape: [null, 4, 4, 1],
            },
          },
        ],
      },
    });
    expect(details[0]).toContain('interpolation lanczos3');
  });
});

/** Augmentation layers whose options make no difference at inference. */
const OTHERS = [
  'AugMix',
  'CutMix',
  'MixUp',
  'RandAugment',
  'RandomApply',
  'RandomBrightness',
  'RandomColorDegeneration',
  'RandomColorJitter',
  'RandomElasticTransform',
  'RandomErasing',
  'RandomGaussianBlur',
  'RandomGrayscale',
  'RandomHeight',
  'RandomHue',
  'RandomInvert',
  'RandomPerspective',
  'RandomPosterization',
  'RandomSaturation',
  'RandomSharpness',
  'RandomShear',
  'RandomTranslation',
  'RandomWidth',
];

describe('cropping', () => {
  it('CenterCrop takes the middle, or resizes what is too small', async () => {
    const big = await runLayer({
      className: 'CenterCrop',
      config: { height: 2, width: 3 },
      input: [5, 7, 2],
    });
    expectClose(list(big.y), cut(asGrid(big.x), [1, 2], [2, 3]).data);
    const small = await runLayer({
      className: 'CenterCrop',
      config: { height: 6, width: 3 },
      input: [4, 8, 1],
    });
    expectClose(list(small.y), resized(cut(asGrid(small.x), [0, 3], [4, 2]), 6, 3, 'bilinear').data);
  });

  it('RandomCrop of Keras 2 resizes at inference', async () => {
    const config = { height: 2, width: 2, seed: null };
    const { x, y } = await runLayer({ className: 'RandomCrop', config, input: [4, 6, 1] });
    expectClose(list(y), resized(cut(asGrid(x), [0, 1], [4, 4]), 2, 2, 'bilinear').data);
  });

  it('augmentation leaves images as they are', async () => {
    for (const [className, config] of [
      ['RandomFlip', { mode: 'horizontal', seed: 3 }],
      ['RandomRotation', { factor: 0.2, fill_mode: 'reflect', interpolation: 'bilinear' }],
      ['RandomZoom', { height_factor: [-0.2, 0.2], width_factor: null }],
      ['RandomContrast', { factor: 0.3 }],
      ...OTHERS.map((name) => [name, { seed: 1, data_format: 'channels_last' }] as const),
      ['Solarization', { addition_factor: 0.5, threshold_factor: 0.1, value_range: [0, 255] }],
    ] as const) {
      const { x, y } = await runLayer({ className, config, input: [3, 3, 1] });
      expect(list(y)).toEqual(list(x));
    }
  });
});

describe('AutoContrast', () => {
  it('stretches each channel, and leaves alone what has no contrast', async () => {
    const data = Float32Array.of(10, 7, 20, 7, 40, 7, 30, 7, 0, 0, 1, 5, 1, 5, 1, 10);
    const { y } = await runLayer({
      className: 'AutoContrast',
      version: '3.9.0',
      config: { value_range: [0, 60] },
      input: [2, 2, 2],
      data,
    });
    expectClose(list(y), [0, 7, 20, 7, 60, 7, 40, 7, 0, 0, 60, 30, 60, 30, 60, 60]);
  });
});

describe('adaptive pooling', () => {
  for (const [isMax, input, output, format] of [
    [true, [7, 5, 2], [3, 2], 'channels_last'],
    [false, [7, 5, 2], [3, 2], 'channels_last'],
    [false, [6, 4, 2], [3, 2], 'channels_last'],
    [false, [2, 7, 5], [3, 4], 'channels_first'],
    [true, [2, 7, 5], [7, 4], 'channels_first'],
  ] as const) {
    it(`${isMax ? 'largest' : 'mean'} of ${input} in ${output}, ${format}`, async () => {
      const { x, y } = await runLayer({
        className: isMax ? 'AdaptiveMaxPooling2D' : 'AdaptiveAveragePooling2D',
        version: '3.12.0',
        config: { output_size: output, data_format: format },
        input,
      });
      const isLast = format === 'channels_last';
      const last = isLast ? asGrid(x) : permuted(asGrid(x), [0, 2, 3, 1]);
      const [, rows = 0, columns = 0, channels = 0] = last.dims;
      const range = (index: number, count: number, length: number) => {
        const start = Math.floor((index * length) / count);
        const end = Math.ceil(((index + 1) * length) / count);
        return Array.from({ length: end - start }, (_, offset) => start + offset);
      };
      const pooled = grid([2, ...output, channels], (b = 0, i = 0, j = 0, c = 0) => {
        const values = range(i, output[0], rows).flatMap((row) =>
          range(j, output[1], columns).map((column) => at(last, b, row, column, c)),
        );
        return isMax ? Math.max(...values) : values.reduce((sum, value) => sum + value, 0) / values.length;
      });
      expectClose(list(y), (isLast ? pooled : permuted(pooled, [0, 3, 1, 2])).data);
    });
  }

  it('one axis and three', async () => {
    const line = await runLayer({
      className: 'AdaptiveMaxPooling1D',
      config: { output_size: 3 },
      input: [6, 2],
    });
    expect(line.y.dims).toEqual([2, 3, 2]);
    const block = await runLayer({
      className: 'AdaptiveAveragePooling3D',
      config: { output_size: [2, 1, 2] },
      input: [3, 2, 3, 2],
    });
    expect(block.y.dims).toEqual([2, 2, 1, 2, 2]);
    const [first = 0] = list(block.y);
    const corner = [0, 1].flatMap((i) =>
      [0, 1].flatMap((j) => [0, 1].map((k) => at(asGrid(block.x), 0, i, j, k, 0))),
    );
    const averages = await runLayer({
      className: 'AdaptiveAveragePooling1D',
      config: { output_size: 2 },
      input: [3, 1],
      data: Float32Array.of(1, 2, 4, 8, 16, 32),
    });
    expectClose(list(averages.y), [1.5, 3, 12, 24]);
    const largest = await runLayer({
      className: 'AdaptiveMaxPooling3D',
      config: { output_size: 1 },
      input: [2, 3, 2, 2],
    });
    const all = asGrid(largest.x);
    const places = [0, 1].flatMap((i) => [0, 1, 2].flatMap((j) => [0, 1].map((k) => [i, j, k])));
    const expected = [0, 1].flatMap((b) =>
      [0, 1].map((c) => Math.max(...places.map((place) => at(all, b, ...place, c)))),
    );
    expectClose(list(largest.y), expected);
    expect(first).toBeCloseTo(corner.reduce((sum, value) => sum + value, 0) / 8, 5);
  });
});
