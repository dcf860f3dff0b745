import { describe, expect, it } from 'vitest';
import { activationNames } from '../../../src/formats/keras/activations.ts';
import { expectClose, list, refusal, runLayer } from './run.ts';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
/** https://en.wikipedia.org/wiki/Error_function, by its series. */
function erf(x: number): number {
  if (Math.abs(x) > 5) return Math.sign(x);
  let sum = 0;
  let term = x;
  for (let n = 0; n < 200; n++) {
    sum += term / (2 * n + 1);
    term *= -(x * x) / (n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
const clip = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);

// As keras.io defines them, one number at a time.
const pointwise: Record<string, (x: number, major: number) => number> = {
  linear: (x) => x,
  relu: (x) => Math.max(x, 0),
  relu6: (x) => clip(x, 0, 6),
  leaky_relu: (x) => (x >= 0 ? x : 0.2 * x),
  elu: (x) => (x >= 0 ? x : Math.expm1(x)),
  celu: (x) => Math.max(x, 0) + Math.min(Math.expm1(x), 0),
  selu: (x) => 1.0507009873554805 * (x >= 0 ? x : 1.6732632423543772 * Math.expm1(x)),
  gelu: (x) => (x / 2) * (1 + erf(x / Math.SQRT2)),
  gelu_new: (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  sigmoid,
  tanh: Math.tanh,
  softplus,
  softsign: (x) => x / (1 + Math.abs(x)),
  exponential: Math.exp,
  mish: (x) => x * Math.tanh(softplus(x)),
  silu: (x) => x * sigmoid(x),
  swish: (x) => x * sigmoid(x),
  hard_sigmoid: (x, major) => (major < 3 ? clip(0.2 * x + 0.5, 0, 1) : clip(x + 3, 0, 6) / 6),
  hard_silu: (x) => (x * clip(x + 3, 0, 6)) / 6,
  hard_swish: (x) => (x * clip(x + 3, 0, 6)) / 6,
  hard_tanh: (x) => clip(x, -1, 1),
  hard_shrink: (x) => (Math.abs(x) > 0.5 ? x : 0),
  soft_shrink: (x) => (x > 0.5 ? x - 0.5 : x < -0.5 ? x + 0.5 : 0),
  tanh_shrink: (x) => x - Math.tanh(x),
  log_sigmoid: (x) => -softplus(-x),
  squareplus: (x) => (x + Math.sqrt(x * x + 4)) / 2,
  sparse_plus: (x) => (x <= -1 ? 0 : x >= 1 ? x : (x + 1) ** 2 / 4),
  sparse_sigmoid: (x) => clip((x + 1) / 2, 0, 1),
};

// Over a whole row.
const rowwise: Record<string, (row: readonly number[]) => number[]> = {
  softmax: (row) => {
    const powers = row.map((x) => Math.exp(x - Math.max(...row)));
    return powers.map((power) => power / powers.reduce((a, b) => a + b, 0));
  },
  log_softmax: (row) => {
    const top = Math.max(...row);
    const total = Math.log(row.reduce((sum, x) => sum + Math.exp(x - top), 0));
    return row.map((x) => x - top - total);
  },
  glu: (row) => {
    const half = row.length / 2;
    return row.slice(0, half).map((x, index) => x * sigmoid(row[half + index] ?? 0));
  },
  // The projection on the simplex: max(x - tau, 0) with the tau for which they add up to 1.
  sparsemax: (row) => {
    let low = Math.min(...row) - 1;
    let high = Math.max(...row);
    for (let step = 0; step < 100; step++) {
      const middle = (low + high) / 2;
      const sum = row.reduce((total, x) => total + Math.max(x - middle, 0), 0);
      if (sum > 1) low = middle;
      else high = middle;
    }
    return row.map((x) => Math.max(x - low, 0));
  },
};
rowwise.softmax_v2 = rowwise.softmax as never;

// Both sides of every corner, the corners themselves, and far out.
const row = [-30, -7, -3, -2.5, -1, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1, 2.5, 3, 6, 7];

describe('activations', () => {
  it('are all held to their definition', () => {
    expect([...Object.keys(pointwise), ...Object.keys(rowwise)].sort()).toEqual([...activationNames].sort());
  });

  for (const name of activationNames) {
    for (const version of ['2.15.0', '3.5.0']) {
      it(`${name} in Keras ${version}`, async () => {
        const data = Float32Array.from([...row, ...row.map((x) => x / 3 + 0.1)]);
        const { y } = await runLayer({
          className: 'Activation',
          config: { activation: name },
          version,
          input: [16],
          data,
        });
        const rows = [Array.from(data.slice(0, 16)), Array.from(data.slice(16))];
        const major = Number(version[0]);
        const one = pointwise[name];
        const expected = rows.flatMap((values) =>
          one ? values.map((x) => one(x, major)) : (rowwise[name]?.(values) ?? []),
        );
        expectClose(list(y), expected, 2e-6);
      });
    }
  }

  it('are read from a name, a function object, an Activation or a layer', async () => {
    const data = Float32Array.of(-2, -1, 1, 2);
    for (const [activation, expected] of [
      ['relu', [0, 0, 1, 2]],
      [
        { module: 'builtins', class_name: 'function', config: 'relu', registered_name: 'function' },
        [0, 0, 1, 2],
      ],
      [{ class_name: 'Activation', config: { name: 'a', activation: 'relu' } }, [0, 0, 1, 2]],
      [{ class_name: 'LeakyReLU', config: { name: 'a', alpha: 0.5 } }, [-1, -0.5, 1, 2]],
      [{ module: 'keras.layers', class_name: 'ReLU', config: { max_value: 1.5 } }, [0, 0, 1, 1.5]],
      [{ class_name: 'function', config: 'linear' }, [-2, -1, 1, 2]],
      [null, [-2, -1, 1, 2]],
    ]) {
      const { y } = await runLayer({
        className: 'Dense',
        config: { units: 2, activation, use_bias: false },
        input: [2],
        data,
        weights: [['kernel', [2, 2], Float32Array.of(1, 0, 0, 1)]],
      });
      expectClose(list(y), expected as number[]);
    }
  });

  it('names one that is somebody’s own code', async () => {
    const config = {
      class_name: 'Sequential',
      config: [
        {
          class_name: 'Dense',
          config: { name: 'a', units: 1, activation: 'my_act', batch_input_shape: [null, 1] },
        },
        {
          class_name: 'Dense',
          config: { name: 'b', units: 1, activation: { class_name: 'Mine', config: {} } },
        },
        {
          class_name: 'Dense',
          config: { name: 'c', units: 1, activation: { class_name: 'PReLU', config: {} } },
        },
      ],
    };
    const { code, details } = await refusal({ version: '2.2.0', config });
    expect(code).toBe('OP_UNSUPPORTED');
    expect(details.map((line) => line.replace(/\(\d+ are known\)/, ''))).toEqual([
      "Dense x1 (a): its activation my_act is not one of Keras' own ",
      'Dense x1 (b): its activation Mine is not supported',
      'Dense x1 (c): its activation PReLU has weights of its own',
    ]);
  });
});

describe('activation layers', () => {
  const data = Float32Array.of(-3, -1, -0.5, 0, 0.5, 1, 2, 8);
  const run = async (className: string, config: object, version = '2.15.0') => {
    const { y } = await runLayer({ className, config: { ...config }, input: [4], data, version });
    return list(y);
  };
  const each = (formula: (x: number) => number) => Array.from(data, formula);

  it('ReLU with a ceiling, a slope and a threshold', async () => {
    const relu = (top: number | null, slope: number, threshold: number) =>
      each((x) => {
        const value = x >= threshold ? x : slope * (x - threshold);
        return top === null ? value : Math.min(value, top);
      });
    for (const [top, slope, threshold] of [
      [null, 0, 0],
      [6, 0, 0],
      [null, 0.1, 0],
      [1.5, 0.1, 0],
      [null, 0, 1],
      [3, 0.25, 0.75],
      [null, 0, -0.75],
    ] as const) {
      const config = { max_value: top, negative_slope: slope, threshold };
      expectClose(await run('ReLU', config), relu(top, slope, threshold));
    }
  });

  it('LeakyReLU under both names of its slope, and its default', async () => {
    const leaky = (slope: number) => each((x) => (x >= 0 ? x : slope * x));
    expectClose(await run('LeakyReLU', { alpha: 0.2 }), leaky(0.2));
    expectClose(await run('LeakyReLU', { negative_slope: 0.4 }, '3.3.3'), leaky(0.4));
    expectClose(await run('LeakyReLU', {}), leaky(0.3));
    // Keras 2 wrote numpy numbers like this.
    expectClose(await run('LeakyReLU', { alpha: { type: 'ndarray', value: 0.1 } }), leaky(0.1));
  });

  it('ELU, ThresholdedReLU and Softmax', async () => {
    expectClose(
      await run('ELU', { alpha: 0.5 }),
      each((x) => (x >= 0 ? x : 0.5 * Math.expm1(x))),
    );
    expectClose(
      await run('ThresholdedReLU', { theta: 0.75 }),
      each((x) => (x > 0.75 ? x : 0)),
    );
    const softmax = rowwise.softmax ?? (() => []);
    const expected = [...softmax(Array.from(data.slice(0, 4))), ...softmax(Array.from(data.slice(4)))];
    expectClose(await run('Softmax', { axis: -1 }), expected);
  });

  it('Softmax along an inner axis', async () => {
    const { x, y } = await runLayer({ className: 'Softmax', config: { axis: 1 }, input: [3, 2] });
    const values = list(x);
    const expected = values.map((value, index) => {
      const sample = Math.floor(index / 6) * 6 + (index % 2);
      const column = [0, 2, 4].map((step) => Math.exp(values[sample + step] ?? 0));
      return Math.exp(value) / column.reduce((a, b) => a + b, 0);
    });
    expectClose(list(y), expected);
  });

  it('PReLU with slopes per element and shared over axes', async () => {
    for (const shared of [null, [1], [1, 2]]) {
      const dims = [3, 2, 2].map((dim, axis) => (shared?.includes(axis + 1) ? 1 : dim));
      const count = dims.reduce((a, b) => a * b, 1);
      const slopes = Float32Array.from({ length: count }, (_, index) => (index + 1) / 10);
      const { x, y } = await runLayer({
        className: 'PReLU',
        config: { shared_axes: shared },
        input: [3, 2, 2],
        weights: [['alpha', dims, slopes]],
      });
      const expected = list(x).map((value, index) => {
        const place = [Math.floor(index / 4) % 3, Math.floor(index / 2) % 2, index % 2];
        const [a = 0, b = 0, c = 0] = place.map((at, axis) => (dims[axis] === 1 ? 0 : at));
        const slope = slopes[(a * (dims[1] ?? 1) + b) * (dims[2] ?? 1) + c] ?? 0;
        return value >= 0 ? value : slope * value;
      });
      expectClose(list(y), expected);
    }
  });
});
