// Pools that TFLite's own operators cannot say, written as slices; and their inverse.

import { describe, expect, test } from 'vitest';
import { float32, int64 } from '../../../src/graph/tensor.ts';
import { agrees, numbers } from './agrees.ts';

const windows: readonly [string, readonly number[], Record<string, number | readonly number[]>][] = [
  ['padded planes', [2, 3, 7, 6], { kernel_shape: [3, 2], pads: [1, 0, 1, 1], strides: [2, 1] }],
  ['dilated', [1, 2, 9, 8], { kernel_shape: [3, 3], dilations: [2, 3], pads: [2, 1, 1, 2] }],
  ['counted by columns', [2, 2, 6, 5], { kernel_shape: [2, 3], storage_order: 1 }],
  ['volumes', [1, 2, 5, 6, 4], { kernel_shape: [3, 2, 2], dilations: [1, 2, 1], strides: [1, 2, 1] }],
  ['a line', [2, 2, 9], { kernel_shape: [4], strides: [2], ceil_mode: 1 }],
];

describe('MaxPool with the places of the maxima', () => {
  test.each(windows)('%s', async (_, dims, attributes) => {
    await agrees({ opType: 'MaxPool', feeds: { x: numbers(...dims) }, attributes, outputs: 2 });
  });

  test('the first of equal elements', async () => {
    const x = float32([1, 1, 4, 4], [3, 3, 3, 1, 3, 3, 3, 1, 2, 5, 5, 5, 5, 0, 5, 5]);
    await agrees({ opType: 'MaxPool', feeds: { x }, attributes: { kernel_shape: [2, 3] }, outputs: 2 });
  });
});

describe('dilated averages', () => {
  test.each([
    ['padding left out', { pads: [2, 1, 1, 1] }],
    ['padding counted', { pads: [2, 1, 1, 1], count_include_pad: 1 }],
    ['steps', { pads: [1, 1, 2, 0], strides: [2, 3] }],
  ])('%s', async (_, more) => {
    const attributes = { kernel_shape: [3, 2], dilations: [2, 3], ...more };
    await agrees({ opType: 'AveragePool', feeds: { x: numbers(2, 3, 11, 10) }, attributes });
  });

  test('a window of many elements takes few operators', async () => {
    const attributes = { kernel_shape: [5, 5, 5], dilations: [2, 2, 2], pads: [1, 2, 3, 3, 2, 1] };
    const made = await agrees({ opType: 'AveragePool', feeds: { x: numbers(1, 2, 10, 11, 12) }, attributes });
    expect(made.length).toBeLessThan(40);
  });
});

describe('MaxUnpool', () => {
  const attributes = { kernel_shape: [3, 2], strides: [2, 2] };
  test('overlapping windows give a place twice', async () => {
    const indices = { ...int64([6, 6, 8, 3]), dims: [1, 1, 2, 2] };
    const feeds = { x: float32([1, 1, 2, 2], [2.5, 2.5, 3, -1]), indices };
    await agrees({ opType: 'MaxUnpool', feeds, attributes });
  });
});
