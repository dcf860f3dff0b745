// Operators that look between pixels, written as TFLite.

import { describe, expect, test } from 'vitest';
import { float32, int64 } from '../../../src/graph/tensor.ts';
import { agrees, modelOf, numbers, scaled } from './agrees.ts';
import { runFile, write } from './write-run.ts';

describe('GridSample', () => {
  const modes = ['nearest', 'linear', 'cubic'];
  const paddings = ['zeros', 'border', 'reflection'];
  const all = modes.flatMap((mode) =>
    paddings.flatMap((padding) => [0, 1].map((isAligned) => [mode, padding, isAligned] as const)),
  );
  test.each(all)('%s, %s, align_corners %i', async (mode, padding, isAligned) => {
    // Coordinates that lie outside by up to twice the image.
    const feeds = { x: numbers(2, 3, 5, 4), grid: scaled(numbers(2, 6, 7, 2), 3) };
    const attributes = { mode, padding_mode: padding, align_corners: isAligned };
    const made = await agrees({ opType: 'GridSample', feeds, attributes });
    expect(made.filter((opcode) => opcode === 'GATHER')).toHaveLength(
      { nearest: 1, linear: 4, cubic: 16 }[mode] ?? 0,
    );
  });

  test.each(paddings)('coordinates that are no numbers spoil nothing else, %s', async (padding) => {
    const x = float32([1, 1, 2, 2], [1, 2, 3, 4]);
    const grid = float32(
      [1, 1, 4, 2],
      [0.5, 0.5, Number.NaN, 0.5, Number.POSITIVE_INFINITY, 0.5, -0.5, -0.5],
    );
    const attributes = { mode: 'nearest', padding_mode: padding };
    const model = modelOf({ opType: 'GridSample', feeds: { x, grid }, attributes });
    const { y0 } = await runFile(await write(model), { x, grid });
    // NaN is the first pixel, as PyTorch has it.
    const far = { zeros: 0, border: 4, reflection: y0?.data[2] }[padding];
    expect(Array.from(y0?.data as Float32Array)).toEqual([4, 3, far, 1]);
  });

  test('volumes', async () => {
    const feeds = { x: numbers(1, 2, 3, 4, 5), grid: scaled(numbers(1, 2, 3, 4, 3), 2) };
    await agrees({ opType: 'GridSample', feeds, attributes: { mode: 'linear', padding_mode: 'reflection' } });
  });
});

describe('RoiAlign', () => {
  // Within the image, over its edges, far outside, and smaller than a pixel.
  const regions = float32([4, 4], [1, 2, 9, 7, -3, -1.5, 4, 12, 20, 3, 30, 9, 3, 3, 3.4, 3.2]);
  const feeds = { x: numbers(2, 3, 8, 10), regions, batches: int64([1, 0, 1, 0]) };
  const sizes = { output_height: 3, output_width: 2, sampling_ratio: 2, spatial_scale: 0.75 };
  test.each([
    ['half_pixel', 'avg'],
    ['output_half_pixel', 'avg'],
    ['output_half_pixel', 'max'],
  ])('%s, %s', async (mapping, mode) => {
    const attributes = { ...sizes, coordinate_transformation_mode: mapping, mode };
    await agrees({ opType: 'RoiAlign', feeds, attributes });
  });
});

describe('Col2Im', () => {
  test.each([
    ['overlapping', { strides: [1, 1] }, [6, 7], [3, 2], 24],
    ['padded steps', { strides: [2, 3], pads: [1, 0, 2, 1] }, [6, 7], [3, 2], 12],
    ['dilated', { dilations: [2, 3], strides: [1, 2] }, [6, 8], [2, 2], 12],
  ] as const)('%s', async (_, attributes, image, block, count) => {
    const places = block[0] * block[1];
    await agrees({
      opType: 'Col2Im',
      feeds: { x: numbers(2, 3 * places, count) },
      constants: [int64(image), int64(block)],
      attributes,
    });
  });
});

describe('DeformConv', () => {
  test.each([
    ['padded steps', { pads: [1, 0, 1, 2], strides: [2, 1] }, 1, 1],
    ['dilated, in groups', { dilations: [2, 1], group: 2 }, 2, 1],
    ['groups of offsets', { group: 1, offset_group: 2 }, 1, 2],
    ['both', { group: 4, offset_group: 2 }, 4, 2],
  ] as const)('%s', async (_, attributes, group, offsets) => {
    const {
      pads = [0, 0, 0, 0],
      strides = [1, 1],
      dilations = [1, 1],
    } = attributes as Record<string, readonly number[]>;
    const kernel = [3, 2];
    const [down = 1, across = 1] = [7, 8].map((length, axis) => {
      const reach = ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
      return (
        Math.floor((length + (pads[axis] ?? 0) + (pads[axis + 2] ?? 0) - reach) / (strides[axis] ?? 1)) + 1
      );
    });
    const x = numbers(2, 4, 7, 8);
    const offset = scaled(numbers(2, offsets * 12, down, across), 3);
    const mask = numbers(2, offsets * 6, down, across);
    const weights = numbers(8, 4 / group, 3, 2);
    await agrees({
      opType: 'DeformConv',
      feeds: { x, offset, mask },
      constants: [weights, numbers(8)],
      order: ['x', 0, 'offset', 1, 'mask'],
      attributes: { ...attributes, kernel_shape: kernel },
    });
  });
});

describe('Resize of a region', () => {
  const region = float32([8], [0, 0, 0.3, -0.2, 1, 1, 0.6, 0.9]);
  test.each(['nearest', 'linear', 'cubic'])('%s', async (mode) => {
    const attributes = {
      mode,
      coordinate_transformation_mode: 'tf_crop_and_resize',
      extrapolation_value: 2.5,
    };
    const constants = [region, null, int64([2, 3, 6, 5])];
    await agrees({ opType: 'Resize', feeds: { x: numbers(2, 3, 7, 9) }, constants, attributes });
  });
});
