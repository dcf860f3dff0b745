import { describe, expect, it } from 'vitest';
import { numbers } from '../../../fixtures/formats/keras/make.ts';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { at, type Grid, grid } from './naive.ts';
import { expectClose, list, refusal, runLayer } from './run.ts';

const asGrid = ({ dims, data }: Tensor): Grid => ({ dims, data: data as Float32Array });
const gamma = Float32Array.of(1.5, -2, 0.5);
const beta = Float32Array.of(0.25, 0, -1);
const mean = Float32Array.of(0.1, -0.2, 0.3);
const variance = Float32Array.of(0.5, 1.5, 2);

describe('BatchNormalization', () => {
  const expected = (x: Grid, axis: number, epsilon: number, scale = true, center = true) =>
    grid(x.dims, (...index) => {
      const c = index[axis] ?? 0;
      const normal = (at(x, ...index) - (mean[c] ?? 0)) / Math.sqrt((variance[c] ?? 0) + epsilon);
      return normal * (scale ? (gamma[c] ?? 0) : 1) + (center ? (beta[c] ?? 0) : 0);
    });

  for (const [input, axis, at] of [
    [[3], -1, 1],
    [[4, 3], -1, 2],
    [[2, 4, 3], [3], 3],
    [[2, 4, 3], -1, 3],
    [[3, 2, 4], 1, 1],
    [[2, 3, 4], 2, 2],
  ] as const) {
    it(`normalises axis ${axis} of ${input.length + 1}`, async () => {
      const { x, y } = await runLayer({
        className: 'BatchNormalization',
        config: { axis, epsilon: 0.01, momentum: 0.9, scale: true, center: true },
        input,
        weights: [
          ['gamma', [3], gamma],
          ['beta', [3], beta],
          ['moving_mean', [3], mean],
          ['moving_variance', [3], variance],
        ],
      });
      expectClose(list(y), expected(asGrid(x), at, 0.01).data);
    });
  }

  it('leaves scale and centre out where the layer has none', async () => {
    for (const [scale, center] of [
      [false, true],
      [true, false],
      [false, false],
    ] as const) {
      const { x, y } = await runLayer({
        className: 'BatchNormalizationV1',
        // Python scripts pass 0 and 1 for booleans.
        config: { axis: [2], scale: scale ? 1 : 0, center },
        input: [4, 3],
        weights: [
          ...(scale ? [['gamma', [3], gamma] as const] : []),
          ...(center ? [['beta', [3], beta] as const] : []),
          ['moving_mean', [3], mean],
          ['moving_variance', [3], variance],
        ],
      });
      expectClose(list(y), expected(asGrid(x), 2, 1e-3, scale, center).data);
    }
  });

  it('reads Keras 1, whose running_std is the variance, and refuses its other modes', async () => {
    const config = { epsilon: 0.001, mode: 0, axis: -1, momentum: 0.99 };
    const { x, y } = await runLayer({
      className: 'BatchNormalization',
      version: '1.2.2',
      config,
      input: [3],
      weights: [
        ['gamma', [3], gamma],
        ['beta', [3], beta],
        ['running_mean', [3], mean],
        ['running_std', [3], variance],
      ],
    });
    expectClose(list(y), expected(asGrid(x), 1, 0.001).data);
    const layer = {
      class_name: 'BatchNormalization',
      config: { ...config, mode: 1, name: 'b', batch_input_shape: [null, 3] },
    };
    const { code, details } = await refusal({
      version: '1.2.2',
      config: { class_name: 'Sequential', config: [layer] },
    });
    expect(code).toBe('OP_UNSUPPORTED');
    expect(details).toEqual([
      'BatchNormalization x1 (b): mode 1 normalises with statistics of the batch it is given',
    ]);
  });
});

describe('other normalisations', () => {
  it('LayerNormalization over the last axis and over several', async () => {
    for (const [axis, count] of [
      [-1, 3],
      [[3], 3],
      [[2, 3], 12],
    ] as const) {
      const size = count === 3 ? [3] : [4, 3];
      const { x, y } = await runLayer({
        className: 'LayerNormalization',
        config: { axis, epsilon: 0.001 },
        input: [2, 4, 3],
        weights: [
          ['gamma', size],
          ['beta', size],
        ],
      });
      const weights = slopes(count);
      const values = list(x);
      const expected = values.map((value, index) => {
        const row = values.slice(
          Math.floor(index / count) * count,
          Math.floor(index / count) * count + count,
        );
        const average = row.reduce((a, b) => a + b, 0) / count;
        const spread = row.reduce((sum, item) => sum + (item - average) ** 2, 0) / count;
        const normal = (value - average) / Math.sqrt(spread + 0.001);
        return normal * (weights.gamma[index % count] ?? 0) + (weights.beta[index % count] ?? 0);
      });
      expectClose(list(y), expected, 2e-5);
    }
  });

  /** The weights runLayer makes up: the first and the second of this size. */
  function slopes(count: number) {
    return { gamma: numbers(count, 7), beta: numbers(count, 8) };
  }

  it('Rescaling with one number and with one per channel', async () => {
    const { x, y } = await runLayer({
      className: 'Rescaling',
      config: { scale: 0.5, offset: [1, 2, 3] },
      input: [2, 3],
    });
    expectClose(
      list(y),
      list(x).map((value, index) => value * 0.5 + (index % 3) + 1),
    );
  });

  it('Normalization with learned statistics, even of no spread', async () => {
    const { x, y } = await runLayer({
      className: 'Normalization',
      config: { axis: [-1], mean: null, variance: null },
      input: [3],
      weights: [
        ['mean', [3], mean],
        ['variance', [3], Float32Array.of(4, 0, 0.25)],
        ['count', [], Float32Array.of(10)],
      ],
    });
    const spread = [2, 1e-7, 0.5];
    expectClose(
      list(y),
      list(x).map((value, index) => (value - (mean[index % 3] ?? 0)) / (spread[index % 3] ?? 1)),
    );
  });
});
