// Layers that later versions of Keras dropped, as their documentation defines them.

import { describe, it } from 'vitest';
import { numbers } from '../../../fixtures/formats/keras/make.ts';
import { expectClose, list, runLayer } from './run.ts';

const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));
const linear = (x: readonly number[], kernel: Float32Array, bias: Float32Array) =>
  Array.from(bias, (b, unit) =>
    x.reduce((sum, value, k) => sum + value * (kernel[k * bias.length + unit] ?? 0), b),
  );

describe('Keras 1', () => {
  it('Highway', async () => {
    const [w, carry, b, bCarry] = [numbers(9, 1), numbers(9, 2), numbers(3, 3), numbers(3, 4)];
    const { x, y } = await runLayer({
      className: 'Highway',
      version: '1.2.2',
      config: { activation: 'tanh', bias: true, transform_bias: -2 },
      input: [3],
      weights: [
        ['W', [3, 3], w],
        ['W_carry', [3, 3], carry],
        ['b', [3], b],
        ['b_carry', [3], bCarry],
      ],
    });
    const expected = [0, 3].flatMap((start) => {
      const row = list(x).slice(start, start + 3);
      const gates = linear(row, carry, bCarry).map(sigmoid);
      const made = linear(row, w, b).map(Math.tanh);
      return row.map((value, i) => (gates[i] ?? 0) * (made[i] ?? 0) + (1 - (gates[i] ?? 0)) * value);
    });
    expectClose(list(y), expected);
  });

  it('MaxoutDense', async () => {
    const [w, b] = [numbers(24, 1), numbers(8, 2)];
    const { x, y } = await runLayer({
      className: 'MaxoutDense',
      version: '1.2.2',
      config: { output_dim: 2, nb_feature: 4, input_dim: 3, bias: true },
      input: [3],
      weights: [
        ['W', [4, 3, 2], w],
        ['b', [4, 2], b],
      ],
    });
    const expected = [0, 3].flatMap((start) => {
      const row = list(x).slice(start, start + 3);
      const all = [0, 1, 2, 3].map((n) => linear(row, w.slice(n * 6, n * 6 + 6), b.slice(n * 2, n * 2 + 2)));
      return [0, 1].map((unit) => Math.max(...all.map((one) => one[unit] ?? 0)));
    });
    expectClose(list(y), expected);
  });

  it('ParametricSoftplus', async () => {
    const [alphas, betas] = [numbers(6, 1), numbers(6, 2)];
    const { x, y } = await runLayer({
      className: 'ParametricSoftplus',
      version: '1.2.2',
      config: { alpha_init: 0.2, beta_init: 5 },
      input: [2, 3],
      weights: [
        ['alphas', [2, 3], alphas],
        ['betas', [2, 3], betas],
      ],
    });
    expectClose(
      list(y),
      list(x).map((value, i) => (alphas[i % 6] ?? 0) * Math.log1p(Math.exp((betas[i % 6] ?? 0) * value))),
    );
  });

  it('SReLU with shared axes', async () => {
    const weights = [-0.4, 0.2, 0.5, 3].map((value, i) =>
      Float32Array.of(value, value + 0.1 * i, value - 0.2),
    );
    const [tl = [], al = [], tr = [], ar = []] = weights;
    const { x, y } = await runLayer({
      className: 'SReLU',
      version: '1.2.2',
      config: { t_left_init: 'zero', shared_axes: [1] },
      input: [4, 3],
      weights: ['t_left', 'a_left', 't_right', 'a_right'].map(
        (name, i) => [name, [1, 3], weights[i] ?? new Float32Array(3)] as const,
      ),
    });
    const expected = list(x).map((value, index) => {
      const [left = 0, slope = 0, span = 0, upper = 0] = [tl, al, tr, ar].map(
        (list_) => list_[index % 3] ?? 0,
      );
      const right = left + Math.abs(span);
      if (value < left) return left + slope * (value - left);
      return value < right ? value : right + upper * (value - right);
    });
    expectClose(list(y), expected);
  });
});

describe('tf.keras', () => {
  it('RandomFourierFeatures', async () => {
    const [kernel, bias] = [numbers(12, 1), numbers(4, 2)];
    const { x, y } = await runLayer({
      className: 'RandomFourierFeatures',
      config: { output_dim: 4, kernel_initializer: 'gaussian', scale: null, trainable: false },
      input: [3],
      weights: [
        ['unscaled_kernel', [3, 4], kernel],
        ['bias', [4], bias],
        ['kernel_scale', [], Float32Array.of(2)],
      ],
    });
    const expected = [0, 3].flatMap((start) => {
      const row = list(x)
        .slice(start, start + 3)
        .map((value) => value / 2);
      return linear(row, kernel, bias).map(Math.cos);
    });
    expectClose(list(y), expected);
  });
});
