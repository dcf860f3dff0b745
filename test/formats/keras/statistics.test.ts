// Normalisations by groups, lengths and given statistics, each against its formula in loops.

import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { call } from './call.ts';
import { at, type Grid, grid } from './naive.ts';
import { expectClose, list, runLayer } from './run.ts';

const asGrid = ({ dims, data }: Tensor): Grid => ({ dims, data: data as Float32Array });
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** Every index of the grid. */
function indices(dims: readonly number[]): number[][] {
  return dims.reduce<number[][]>(
    (all, dim) => all.flatMap((index) => Array.from({ length: dim }, (_, next) => [...index, next])),
    [[]],
  );
}

describe('GroupNormalization', () => {
  for (const [input, axis, groups] of [
    [[3, 4], -1, 2],
    [[2, 3, 4], -1, 2],
    [[4, 2, 3], 1, 2],
    [[2, 4, 3], 2, 4],
    [[2, 3, 4], 3, -1],
    [[2, 3, 4], -1, 1],
  ] as const) {
    it(`in ${groups} groups over axis ${axis} of ${input}`, async () => {
      const { x, y, model } = await runLayer({
        className: 'GroupNormalization',
        version: '3.5.0',
        config: { axis, groups, epsilon: 0.01 },
        input,
        weights: [
          ['gamma', [4], Float32Array.of(1, -2, 0.5, 3)],
          ['beta', [4], Float32Array.of(0, 1, -1, 0.25)],
        ],
      });
      const channel = axis < 0 ? axis + input.length + 1 : axis;
      const size = groups === -1 ? 1 : 4 / groups;
      const all = indices(x.dims);
      const group = (index: readonly number[]) => `${index[0]}/${Math.floor((index[channel] ?? 0) / size)}`;
      const expected = grid(x.dims, (...index) => {
        const members = all.filter((other) => group(other) === group(index)).map((i) => at(asGrid(x), ...i));
        const average = mean(members);
        const variance = mean(members.map((value) => (value - average) ** 2));
        const normal = (at(asGrid(x), ...index) - average) / Math.sqrt(variance + 0.01);
        const c = index[channel] ?? 0;
        return normal * ([1, -2, 0.5, 3][c] ?? 0) + ([0, 1, -1, 0.25][c] ?? 0);
      });
      expectClose(list(y), expected.data, 2e-5);
      expect(model.graph.nodes.filter(({ opType }) => opType === 'GroupNormalization')).toHaveLength(1);
    });
  }

  it('without scale and centre', async () => {
    const { y } = await runLayer({
      className: 'GroupNormalization',
      config: { groups: 1, scale: false, center: false, epsilon: 1e-6 },
      input: [3, 4],
    });
    expect(mean(list(y).slice(0, 12))).toBeCloseTo(0, 5);
    expect(mean(list(y).map((value) => value ** 2))).toBeCloseTo(1, 3);
  });
});

describe('LayerNormalization', () => {
  for (const axis of [1, [1, 2], [1, 3]]) {
    it(`over the axes ${axis} of four`, async () => {
      const axes = Array.isArray(axis) ? axis : [axis];
      const input = [2, 3, 4];
      const size = axes.map((item) => input[item - 1] ?? 0);
      const { fed, outputs, weights, model } = await call({
        className: 'LayerNormalization',
        config: { axis, epsilon: 0.001 },
        inputs: [{ shape: input }],
        weights: [
          ['gamma', size],
          ['beta', size],
        ],
      });
      const x = asGrid(fed[0] as Tensor);
      const all = indices(x.dims);
      const others = x.dims.map((_, item) => item).filter((item) => !axes.includes(item));
      const expected = grid(x.dims, (...index) => {
        const row = all
          .filter((other) => others.every((item) => other[item] === index[item]))
          .map((other) => at(x, ...other));
        const average = mean(row);
        const spread = mean(row.map((value) => (value - average) ** 2));
        const own = axes.map((item) => index[item] ?? 0);
        const weight = (name: string) => at({ dims: size, data: weights[name] ?? [] }, ...own);
        const normal = (at(x, ...index) - average) / Math.sqrt(spread + 0.001);
        return normal * weight('gamma') + weight('beta');
      });
      expectClose(list(outputs[0] as Tensor), expected.data, 2e-5);
      expect(model.graph.nodes.filter(({ opType }) => opType === 'LayerNormalization')).toHaveLength(1);
    });
  }
});

describe('LayerNormalization with rms_scaling', () => {
  for (const axis of [-1, [1, 3]]) {
    it(`divides by the deviation alone, over ${axis}`, async () => {
      const axes = axis === -1 ? [3] : [1, 3];
      const size = axes.map((item) => [2, 3, 4][item - 1] ?? 0);
      const { fed, outputs, weights } = await call({
        className: 'LayerNormalization',
        config: { axis, epsilon: 0.01, rms_scaling: true, scale: true, center: true },
        inputs: [{ shape: [2, 3, 4] }],
        weights: [['gamma', size]],
      });
      const x = asGrid(fed[0] as Tensor);
      const others = x.dims.map((_, item) => item).filter((item) => !axes.includes(item));
      const expected = grid(x.dims, (...index) => {
        const row = indices(x.dims)
          .filter((other) => others.every((item) => other[item] === index[item]))
          .map((other) => at(x, ...other));
        const average = mean(row);
        const spread = mean(row.map((value) => (value - average) ** 2));
        const own = axes.map((item) => index[item] ?? 0);
        return (
          (at(x, ...index) * at({ dims: size, data: weights.gamma ?? [] }, ...own)) / Math.sqrt(spread + 0.01)
        );
      });
      expectClose(list(outputs[0] as Tensor), expected.data, 2e-5);
    });
  }
});

describe('normalisation by length', () => {
  it('UnitNormalization over one axis and over several, zeros included', async () => {
    for (const axis of [-1, [1, 2]]) {
      const data = Float32Array.of(3, 4, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0);
      const { y } = await runLayer({ className: 'UnitNormalization', config: { axis }, input: [3, 2], data });
      const rows = axis === -1 ? 2 : 6;
      const expected = Array.from(data, (value, index) => {
        const start = Math.floor(index / rows) * rows;
        const length = Math.hypot(...data.subarray(start, start + rows));
        return value / Math.max(length, 1e-6);
      });
      expectClose(list(y), expected);
    }
  });

  for (const axis of [-1, [1, 3]]) {
    it(`RMSNormalization over ${axis}`, async () => {
      const size = axis === -1 ? [4] : [2, 4];
      const { fed, outputs, weights } = await call({
        className: 'RMSNormalization',
        version: '3.9.0',
        config: { axis, epsilon: 0.01 },
        inputs: [{ shape: [2, 3, 4] }],
        weights: [['scale', size]],
      });
      const x = asGrid(fed[0] as Tensor);
      const expected = grid(x.dims, (b = 0, i = 0, j = 0, k = 0) => {
        const ks = [0, 1, 2, 3];
        const row =
          axis === -1
            ? ks.map((n) => at(x, b, i, j, n))
            : [0, 1].flatMap((m) => ks.map((n) => at(x, b, m, j, n)));
        const scale = weights.scale?.[axis === -1 ? k : i * 4 + k] ?? 0;
        return (at(x, b, i, j, k) / Math.sqrt(mean(row.map((value) => value ** 2)) + 0.01)) * scale;
      });
      expectClose(list(outputs[0] as Tensor), expected.data);
    });
  }
});

describe('Normalization', () => {
  it('with statistics given in the configuration', async () => {
    for (const [axis, means, variances, invert] of [
      [[-1], [1, 2, 3], [4, 9, 0.25], false],
      [[-1], [[[1, 2, 3]]], [[[4, 9, 0.25]]], true],
      [null, 2, 9, false],
      [null, [[2]], [[9]], true],
    ] as const) {
      const { x, y } = await runLayer({
        className: 'Normalization',
        version: '3.5.0',
        config: { axis, mean: means, variance: variances, invert },
        input: [2, 3],
      });
      const pick = (values: unknown, index: number) => {
        const flat = [values].flat(9) as number[];
        return flat[flat.length === 1 ? 0 : index % 3] ?? 0;
      };
      const expected = list(x).map((value, index) => {
        const [average, spread] = [pick(means, index), Math.sqrt(pick(variances, index))];
        return invert ? value * spread + average : (value - average) / spread;
      });
      expectClose(list(y), expected);
    }
  });

  it('with learned statistics for several axes', async () => {
    const means = Float32Array.of(1, 2, 3, 4, 5, 6);
    const variances = Float32Array.of(1, 4, 9, 16, 25, 36);
    const { x, y } = await runLayer({
      className: 'Normalization',
      config: { axis: [1, 3] },
      input: [2, 2, 3],
      weights: [
        ['mean', [2, 3], means],
        ['variance', [2, 3], variances],
        ['count', [], Float32Array.of(5)],
      ],
    });
    const expected = list(x).map((value, offset) => {
      const at = (Math.floor(offset / 6) % 2) * 3 + (offset % 3);
      return (value - (means[at] ?? 0)) / Math.sqrt(variances[at] ?? 1);
    });
    expectClose(list(y), expected);
  });
});

describe('other names of layers', () => {
  it('BatchNormalizationV2 and SyncBatchNormalization are BatchNormalization', async () => {
    for (const className of ['BatchNormalizationV2', 'SyncBatchNormalization']) {
      const { x, y } = await runLayer({
        className,
        config: { epsilon: 0.01 },
        input: [1],
        weights: [2, 3, 0.5, 4].map((value, index) => [`w${index}`, [1], Float32Array.of(value)] as const),
      });
      expectClose(
        list(y),
        list(x).map((value) => (2 * (value - 0.5)) / Math.sqrt(4.01) + 3),
      );
    }
  });

  it('noise and dropout change nothing at inference', async () => {
    for (const className of ['GaussianDropout', 'SpatialDropout2D', 'SpatialDropout3D']) {
      const { x, y } = await runLayer({ className, config: { rate: 0.5 }, input: [2, 2, 2, 1] });
      expect(list(y)).toEqual(list(x));
    }
  });

  it('Minimum takes the smaller', async () => {
    const { fed, outputs } = await call({ className: 'Minimum', inputs: [{ shape: [3] }, { shape: [3] }] });
    const [a = [], b = []] = fed.map(list);
    expect(list(outputs[0] as Tensor)).toEqual(a.map((value, index) => Math.min(value, b[index] ?? 0)));
  });
});

describe('Softmax', () => {
  it('over several axes at once', async () => {
    const { x, y } = await runLayer({ className: 'Softmax', config: { axis: [-2, -1] }, input: [2, 3] });
    const values = list(x);
    const expected = values.map((value, offset) => {
      const start = Math.floor(offset / 6) * 6;
      const total = values.slice(start, start + 6).reduce((sum, item) => sum + Math.exp(item), 0);
      return Math.exp(value) / total;
    });
    expectClose(list(y), expected);
  });

  it('leaves out what its mask hides', async () => {
    const { fed, outputs } = await call({
      className: 'Softmax',
      inputs: [
        { shape: [3] },
        {
          shape: [3],
          dtype: 'bool',
          feed: { dtype: 'bool', dims: [2, 3], data: Uint8Array.of(1, 0, 1, 0, 1, 1) },
        },
      ],
      keywords: { mask: 1 },
    });
    const [a = 0, , c = 0, , e = 0, f = 0] = list(fed[0] as Tensor).map(Math.exp);
    expectClose(list(outputs[0] as Tensor), [a / (a + c), 0, c / (a + c), 0, e / (e + f), f / (e + f)]);
  });
});
