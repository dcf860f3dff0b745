// Layers with windows in one, two and three dimensions, against one definition for any number of them.

import { describe, expect, it } from 'vitest';
import { numbers } from '../../../fixtures/formats/keras/make.ts';
import { elementCount, type Tensor } from '../../../src/graph/tensor.ts';
import { at, type Grid, grid, permuted } from './naive.ts';
import { expectClose, list, runLayer } from './run.ts';

const asGrid = ({ dims, data }: Tensor): Grid => ({ dims, data: data as Float32Array });
const made = (dims: readonly number[], seed = 7): Grid => ({ dims, data: numbers(elementCount(dims), seed) });
const data = ({ data }: Grid) => data as Float32Array;

function indices(dims: readonly number[]): number[][] {
  return dims.reduce<number[][]>(
    (all, dim) => all.flatMap((index) => Array.from({ length: dim }, (_, next) => [...index, next])),
    [[]],
  );
}

type Options = {
  readonly strides: readonly number[];
  readonly dilations?: readonly number[];
  readonly padding: 'valid' | 'same' | 'causal';
  readonly groups?: number;
};

/** Where the first window starts and how many there are. */
function windows(length: number, kernel: number, axis: number, { strides, dilations, padding }: Options) {
  const stride = strides[axis] ?? 1;
  const reach = (kernel - 1) * (dilations?.[axis] ?? 1) + 1;
  if (padding === 'valid') return { start: 0, count: Math.floor((length - reach) / stride) + 1 };
  const count = Math.ceil(length / stride);
  if (padding === 'causal') return { start: 1 - reach, count };
  return { start: -Math.floor(Math.max((count - 1) * stride + reach - length, 0) / 2), count };
}

/** Value of a channel, 0 outside. */
function inside(x: Grid, b: number, place: readonly number[], c: number): number | undefined {
  const isInside = place.every((value, axis) => value >= 0 && value < (x.dims[axis + 1] ?? 0));
  return isInside ? at(x, b, ...place, c) : undefined;
}

/** Kernel (spatial…, input channels / groups, filters). */
function conv(x: Grid, kernel: Grid, options: Options): Grid {
  const axes = x.dims.length - 2;
  const size = kernel.dims.slice(0, axes);
  const [perGroup = 0, filters = 0] = kernel.dims.slice(axes);
  const slides = size.map((length, axis) => windows(x.dims[axis + 1] ?? 0, length, axis, options));
  return grid([x.dims[0] ?? 0, ...slides.map(({ count }) => count), filters], (b = 0, ...rest) => {
    const f = rest[axes] ?? 0;
    const group = Math.floor(f / (filters / (options.groups ?? 1)));
    let sum = 0;
    for (const offset of indices(size)) {
      const place = offset.map(
        (o, axis) =>
          (rest[axis] ?? 0) * (options.strides[axis] ?? 1) +
          (slides[axis]?.start ?? 0) +
          o * (options.dilations?.[axis] ?? 1),
      );
      for (let c = 0; c < perGroup; c++) {
        sum += (inside(x, b, place, group * perGroup + c) ?? 0) * at(kernel, ...offset, c, f);
      }
    }
    return sum;
  });
}

/** Every element is spread over a window of the result; kernel (spatial…, filters, input channels). */
function convTranspose(x: Grid, kernel: Grid, options: Options): Grid {
  const axes = x.dims.length - 2;
  const size = kernel.dims.slice(0, axes);
  const [filters = 0, channels = 0] = kernel.dims.slice(axes);
  const sides = size.map((length, axis) => {
    const stride = options.strides[axis] ?? 1;
    const reach = (length - 1) * (options.dilations?.[axis] ?? 1) + 1;
    const from = x.dims[axis + 1] ?? 0;
    const to = from * stride + (options.padding === 'same' ? 0 : Math.max(reach - stride, 0));
    return {
      to,
      before: options.padding === 'same' ? Math.floor(Math.max((from - 1) * stride + reach - to, 0) / 2) : 0,
    };
  });
  const dims = [x.dims[0] ?? 0, ...sides.map(({ to }) => to), filters];
  const result = new Float64Array(elementCount(dims));
  for (const [b = 0, ...rest] of indices(x.dims)) {
    const c = rest[axes] ?? 0;
    for (const offset of indices(size)) {
      const place = offset.map(
        (o, axis) =>
          (rest[axis] ?? 0) * (options.strides[axis] ?? 1) +
          o * (options.dilations?.[axis] ?? 1) -
          (sides[axis]?.before ?? 0),
      );
      if (place.some((value, axis) => value < 0 || value >= (sides[axis]?.to ?? 0))) continue;
      for (let f = 0; f < filters && c < channels; f++) {
        const flat = [b, ...place, f].reduce((sum, value, axis) => sum * (dims[axis] ?? 1) + value, 0);
        result[flat] = (result[flat] ?? 0) + at(x, b, ...rest) * at(kernel, ...offset, f, c);
      }
    }
  }
  return { dims, data: result };
}

const INPUTS = [[9], [6, 7], [5, 4, 6]];
const KERNELS = [[3], [3, 2], [2, 3, 2]];

for (const axes of [1, 2, 3]) {
  const spatial = INPUTS[axes - 1] ?? [];
  const size = KERNELS[axes - 1] ?? [];
  const ones = size.map(() => 1);
  const twos = size.map(() => 2);
  const toFirst = [0, axes + 1, ...size.map((_, axis) => axis + 1)];
  const toLast = [0, ...size.map((_, axis) => axis + 2), 1];
  const layouts = ['channels_last', 'channels_first'] as const;
  const inputOf = (format: string, channels: number) =>
    format === 'channels_last' ? [...spatial, channels] : [channels, ...spatial];
  const lastOf = (format: string, x: Tensor) =>
    format === 'channels_last' ? asGrid(x) : permuted(asGrid(x), toLast);
  const layoutOf = (format: string, y: Grid) => (format === 'channels_last' ? y : permuted(y, toFirst));

  describe(`in ${axes} dimensions`, () => {
    for (const format of layouts) {
      for (const options of [
        { strides: ones, padding: 'same' },
        { strides: twos, padding: 'same' },
        { strides: twos, padding: 'valid', groups: 2 },
        { strides: ones, dilations: twos, padding: 'same', groups: 2 },
        { strides: ones, padding: 'valid' },
      ] as Options[]) {
        const label = `${options.padding}, strides ${options.strides}, dilations ${options.dilations ?? 1}`;
        it(`Conv ${format}, ${label}, groups ${options.groups ?? 1}`, async () => {
          const kernel = made([...size, 4 / (options.groups ?? 1), 6]);
          const { x, y } = await runLayer({
            className: `Conv${axes}D`,
            config: {
              filters: 6,
              kernel_size: size,
              strides: options.strides,
              padding: options.padding,
              dilation_rate: options.dilations ?? ones,
              groups: options.groups ?? 1,
              data_format: format,
              use_bias: false,
            },
            input: inputOf(format, 4),
            weights: [['kernel', kernel.dims, data(kernel)]],
          });
          const expected = layoutOf(format, conv(lastOf(format, x), kernel, options));
          expect(y.dims).toEqual(expected.dims);
          expectClose(list(y), expected.data);
        });
        if (options.groups !== undefined) continue;
        it(`ConvTranspose ${format}, ${label}`, async () => {
          const kernel = made([...size, 3, 2]);
          const { x, y } = await runLayer({
            className: `Conv${axes}DTranspose`,
            config: {
              filters: 3,
              kernel_size: size,
              strides: options.strides,
              padding: options.padding,
              data_format: format,
              output_padding: null,
            },
            input: inputOf(format, 2),
            weights: [
              ['kernel', kernel.dims, data(kernel)],
              ['bias', [3], Float32Array.of(0, 0, 0)],
            ],
          });
          const expected = layoutOf(format, convTranspose(lastOf(format, x), kernel, options));
          expect(y.dims).toEqual(expected.dims);
          expectClose(list(y), expected.data);
        });
      }

      it(`padding, cropping and repeating, ${format}`, async () => {
        const pairs = size.map((_, axis) => [axis + 1, 1]);
        const only = axes === 1 ? pairs[0] : pairs;
        const layout = axes === 1 ? {} : { data_format: format };
        const shape = axes === 1 ? inputOf('channels_last', 2) : inputOf(format, 2);
        const own = axes === 1 ? 'channels_last' : format;
        const padded = await runLayer({
          className: `ZeroPadding${axes}D`,
          config: { padding: only, ...layout },
          input: shape,
        });
        const source = lastOf(own, padded.x);
        const expected = grid(
          [2, ...spatial.map((length, axis) => length + axis + 2), 2],
          (b = 0, ...rest) =>
            inside(
              source,
              b,
              size.map((_, axis) => (rest[axis] ?? 0) - axis - 1),
              rest[axes] ?? 0,
            ) ?? 0,
        );
        expectClose(list(padded.y), layoutOf(own, expected).data);
        const cropped = await runLayer({
          className: `Cropping${axes}D`,
          config: {
            cropping: axes === 1 ? [1, 2] : size.map(() => [1, 2]),
            ...layout,
          },
          input: shape,
        });
        const middle = grid([2, ...spatial.map((length) => length - 3), 2], (b = 0, ...rest) =>
          at(lastOf(own, cropped.x), b, ...size.map((_, axis) => (rest[axis] ?? 0) + 1), rest[axes] ?? 0),
        );
        expectClose(list(cropped.y), layoutOf(own, middle).data);
        const repeated = await runLayer({
          className: `UpSampling${axes}D`,
          config: { size: axes === 1 ? 2 : twos, ...layout },
          input: shape,
        });
        const doubled = grid([2, ...spatial.map((length) => length * 2), 2], (b = 0, ...rest) =>
          at(
            lastOf(own, repeated.x),
            b,
            ...size.map((_, axis) => Math.floor((rest[axis] ?? 0) / 2)),
            rest[axes] ?? 0,
          ),
        );
        expectClose(list(repeated.y), layoutOf(own, doubled).data);
      });

      for (const kind of ['Max', 'Average']) {
        it(`${kind}Pooling, global too, ${format}`, async () => {
          const options: Options = { strides: twos, padding: 'same' };
          const { x, y } = await runLayer({
            className: `${kind}Pooling${axes}D`,
            config: { pool_size: size, strides: twos, padding: 'same', data_format: format },
            input: inputOf(format, 2),
          });
          const last = lastOf(format, x);
          const reduce = (values: readonly number[]) =>
            kind === 'Max' ? Math.max(...values) : values.reduce((a, b) => a + b, 0) / values.length;
          const slides = size.map((length, axis) => windows(spatial[axis] ?? 0, length, axis, options));
          const expected = grid([2, ...slides.map(({ count }) => count), 2], (b = 0, ...rest) =>
            reduce(
              indices(size).flatMap((offset) => {
                const place = offset.map((o, axis) => (rest[axis] ?? 0) * 2 + (slides[axis]?.start ?? 0) + o);
                return inside(last, b, place, rest[axes] ?? 0) ?? [];
              }),
            ),
          );
          expectClose(list(y), layoutOf(format, expected).data);
          const whole = await runLayer({
            className: `Global${kind}Pooling${axes}D`,
            config: { data_format: format, keepdims: false },
            input: inputOf(format, 2),
          });
          const all = grid([2, 2], (b = 0, c = 0) =>
            reduce(indices(spatial).map((place) => at(lastOf(format, whole.x), b, ...place, c))),
          );
          expectClose(list(whole.y), all.data);
        });
      }
    }
  });
}

describe('DepthwiseConv1D and SeparableConv1D', () => {
  for (const format of ['channels_last', 'channels_first']) {
    it(`${format}: each channel on its own, then all together`, async () => {
      const isLast = format === 'channels_last';
      const depthwise = made([3, 4, 2]);
      const config = {
        kernel_size: [3],
        strides: [2],
        padding: 'same',
        depth_multiplier: 2,
        data_format: format,
      };
      const input = isLast ? [9, 4] : [4, 9];
      const alone = await runLayer({
        className: 'DepthwiseConv1D',
        config: { ...config, use_bias: false },
        input,
        weights: [['depthwise_kernel', depthwise.dims, data(depthwise)]],
      });
      const grouped = grid([3, 1, 8], (k = 0, _ = 0, f = 0) => at(depthwise, k, Math.floor(f / 2), f % 2));
      const options: Options = { strides: [2], padding: 'same', groups: 4 };
      const spread = conv(isLast ? asGrid(alone.x) : permuted(asGrid(alone.x), [0, 2, 1]), grouped, options);
      expectClose(list(alone.y), (isLast ? spread : permuted(spread, [0, 2, 1])).data);
      const pointwise = made([1, 8, 3], 5);
      const both = await runLayer({
        className: 'SeparableConv1D',
        config: { ...config, filters: 3, use_bias: false },
        input,
        weights: [
          ['depthwise_kernel', depthwise.dims, data(depthwise)],
          ['pointwise_kernel', pointwise.dims, data(pointwise)],
        ],
      });
      const mixed = conv(spread, pointwise, { strides: [1], padding: 'valid' });
      expectClose(list(both.y), (isLast ? mixed : permuted(mixed, [0, 2, 1])).data);
    });
  }
});

describe('locally connected layers', () => {
  for (const [input, size, strides, format] of [
    [[8, 2], [3], [2], 'channels_last'],
    [[2, 8], [3], [1], 'channels_first'],
    [[5, 4, 2], [2, 3], [2, 1], 'channels_last'],
    [[2, 5, 4], [2, 3], [2, 1], 'channels_first'],
  ] as const) {
    it(`LocallyConnected${size.length}D, ${format}`, async () => {
      const axes = size.length;
      const isLast = format === 'channels_last';
      const spatial = isLast ? input.slice(0, -1) : input.slice(1);
      const output = spatial.map(
        (length, axis) => Math.floor((length - (size[axis] ?? 1)) / (strides[axis] ?? 1)) + 1,
      );
      const positions = elementCount(output);
      const kernel = made([positions, elementCount(size) * 2, 3]);
      const bias = made([...output, 3], 9);
      const { x, y } = await runLayer({
        className: `LocallyConnected${axes}D`,
        config: {
          filters: 3,
          kernel_size: size,
          strides,
          data_format: format,
          implementation: 1,
          padding: 'valid',
        },
        input,
        weights: [
          ['kernel', kernel.dims, data(kernel)],
          ['bias', bias.dims, data(bias)],
        ],
      });
      const last = isLast ? asGrid(x) : permuted(asGrid(x), axes === 1 ? [0, 2, 1] : [0, 2, 3, 1]);
      const expected = grid([2, ...output, 3], (b = 0, ...rest) => {
        const f = rest[axes] ?? 0;
        const position = output.reduce((sum, length, axis) => sum * length + (rest[axis] ?? 0), 0);
        let sum = data(bias)[isLast ? position * 3 + f : f * positions + position] ?? 0;
        indices(size).forEach((offset, at_) => {
          const place = offset.map((o, axis) => (rest[axis] ?? 0) * (strides[axis] ?? 1) + o);
          for (const c of [0, 1]) {
            const feature = isLast ? at_ * 2 + c : c * elementCount(size) + at_;
            sum += at(last, b, ...place, c) * at(kernel, position, feature, f);
          }
        });
        return sum;
      });
      expectClose(
        list(y),
        (isLast ? expected : permuted(expected, axes === 1 ? [0, 2, 1] : [0, 3, 1, 2])).data,
      );
    });
  }
});
