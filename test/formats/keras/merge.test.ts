import { describe, expect, it } from 'vitest';
import { numbers } from '../../../fixtures/formats/keras/make.ts';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { at, type Grid, grid } from './naive.ts';
import { expectClose, read, refusal, runModel } from './run.ts';

type Shape = readonly (number | null)[];

/** A functional model: inputs a, b … into one merging layer. */
function merging(className: string, config: object, inputs: readonly Shape[], version = '2.4.0') {
  const names = inputs.map((_, index) => String.fromCharCode(97 + index));
  return {
    version,
    config: {
      class_name: 'Model',
      config: {
        name: 'm',
        layers: [
          ...inputs.map((shape, index) => ({
            class_name: 'InputLayer',
            name: names[index],
            config: { batch_input_shape: [null, ...shape], dtype: 'float32', name: names[index] },
            inbound_nodes: [],
          })),
          {
            class_name: className,
            name: 'merged',
            config: { name: 'merged', ...config },
            inbound_nodes: [names.map((name) => [name, 0, 0, {}])],
          },
        ],
        input_layers: names.map((name) => [name, 0, 0]),
        output_layers: [['merged', 0, 0]],
      },
    },
  };
}

async function merge(
  className: string,
  config: object,
  shapes: readonly (readonly number[])[],
  version?: string,
) {
  const model = await read(merging(className, config, shapes, version));
  const inputs = shapes.map((shape, index): Grid => {
    const dims = [2, ...shape];
    return {
      dims,
      data: numbers(
        dims.reduce((a, b) => a * b, 1),
        index + 1,
      ),
    };
  });
  const feeds = Object.fromEntries(
    inputs.map(({ dims, data }, index): [string, Tensor] => [
      String.fromCharCode(97 + index),
      { dtype: 'float32', dims, data: data as Float32Array },
    ]),
  );
  const { merged } = await runModel(model, feeds);
  if (merged === undefined) throw new Error('no output');
  const type = model.graph.types.get('merged');
  expect(type?.kind === 'tensor' && type.shape?.slice(1)).toEqual(merged.dims.slice(1));
  return { inputs, output: merged.data as Float32Array, dims: merged.dims };
}

const elementwise: Record<string, (values: readonly number[]) => number> = {
  Add: (values) => values.reduce((a, b) => a + b, 0),
  Multiply: (values) => values.reduce((a, b) => a * b, 1),
  Average: (values) => values.reduce((a, b) => a + b, 0) / values.length,
  Maximum: (values) => Math.max(...values),
  Minimum: (values) => Math.min(...values),
};

describe('element by element', () => {
  for (const [className, formula] of Object.entries(elementwise)) {
    it(`${className} of three`, async () => {
      const { inputs, output, dims } = await merge(className, {}, [
        [3, 2],
        [3, 2],
        [3, 2],
      ]);
      expectClose(output, grid(dims, (...index) => formula(inputs.map((input) => at(input, ...index)))).data);
    });
  }

  it('Subtract takes exactly two', async () => {
    const { inputs, output } = await merge('Subtract', {}, [[4], [4]]);
    expectClose(
      output,
      Array.from(inputs[0]?.data ?? [], (x, index) => x - (inputs[1]?.data[index] ?? 0)),
    );
    const { message } = await refusal(merging('Subtract', {}, [[4], [4], [4]]));
    expect(message).toContain('layer merged: it is called with 3 tensors');
  });

  it('broadcasts axes of length 1, and lower ranks after the batch', async () => {
    const { inputs, output, dims } = await merge('Multiply', {}, [
      [3, 1, 2],
      [1, 4, 2],
    ]);
    const [a, b] = inputs as [Grid, Grid];
    expect(dims).toEqual([2, 3, 4, 2]);
    expectClose(
      output,
      grid(dims, (n = 0, i = 0, j = 0, k = 0) => at(a, n, i, 0, k) * at(b, n, 0, j, k)).data,
    );
    // (batch, 4) becomes (batch, 1, 4), not (1, batch, 4).
    const ranks = await merge('Add', {}, [[4], [3, 4]]);
    const [c, d] = ranks.inputs as [Grid, Grid];
    expectClose(ranks.output, grid([2, 3, 4], (n = 0, i = 0, k = 0) => at(c, n, k) + at(d, n, i, k)).data);
  });

  it('refuses shapes that do not fit', async () => {
    const { code, message } = await refusal(merging('Add', {}, [[4], [5]]));
    expect(code).toBe('MODEL_DAMAGED');
    expect(message).toContain('its inputs have 4 and 5 elements on axis 1');
  });
});

describe('Concatenate', () => {
  it('joins on any axis', async () => {
    for (const axis of [-1, 1, 2]) {
      const at1 = axis < 0 ? 2 : axis;
      const shapes = [[3, 2], [3, 2].with(at1 - 1, 4)];
      const { inputs, output, dims } = await merge('Concatenate', { axis }, shapes);
      const [a, b] = inputs as [Grid, Grid];
      const length = a.dims[at1] ?? 0;
      const expected = grid(dims, (...index) => {
        const place = index[at1] ?? 0;
        return place < length ? at(a, ...index) : at(b, ...index.with(at1, place - length));
      });
      expectClose(output, expected.data);
    }
  });

  it('refuses shapes that differ elsewhere', async () => {
    const { message } = await refusal(
      merging('Concatenate', { axis: 1 }, [
        [3, 2],
        [3, 5],
      ]),
    );
    expect(message).toContain('its inputs have 2, 5 elements on axis 2');
  });
});

describe('Dot', () => {
  it('multiplies vectors', async () => {
    const { inputs, output, dims } = await merge('Dot', { axes: 1 }, [[3], [3]]);
    const [a, b] = inputs as [Grid, Grid];
    expect(dims).toEqual([2, 1]);
    expectClose(
      output,
      grid([2, 1], (n = 0) => [0, 1, 2].reduce((sum, k) => sum + at(a, n, k) * at(b, n, k), 0)).data,
    );
  });

  it('multiplies matrices along chosen axes', async () => {
    for (const [left, right] of [
      [1, 1],
      [1, 2],
      [2, 1],
      [-1, -2],
    ] as const) {
      const l = left < 0 ? left + 3 : left;
      const r = right < 0 ? right + 3 : right;
      const shapes = [[5, 5].with(l - 1, 3).with(2 - l, 4), [5, 5].with(r - 1, 3).with(2 - r, 2)];
      const { inputs, output, dims } = await merge('Dot', { axes: [left, right] }, shapes);
      const [a, b] = inputs as [Grid, Grid];
      expect(dims).toEqual([2, 4, 2]);
      const expected = grid(dims, (n = 0, i = 0, j = 0) => {
        let sum = 0;
        for (let k = 0; k < 3; k++) {
          sum += (l === 1 ? at(a, n, k, i) : at(a, n, i, k)) * (r === 1 ? at(b, n, k, j) : at(b, n, j, k));
        }
        return sum;
      });
      expectClose(output, expected.data);
    }
  });

  it('keeps every other axis of higher ranks', async () => {
    const { inputs, output, dims } = await merge('Dot', { axes: [3, 1] }, [
      [2, 3, 4],
      [4, 5],
    ]);
    const [a, b] = inputs as [Grid, Grid];
    expect(dims).toEqual([2, 2, 3, 5]);
    const expected = grid(dims, (n = 0, i = 0, j = 0, m = 0) =>
      [0, 1, 2, 3].reduce((sum, k) => sum + at(a, n, i, j, k) * at(b, n, k, m), 0),
    );
    expectClose(output, expected.data);
  });

  it('gives cosines when normalised', async () => {
    const { inputs, output } = await merge('Dot', { axes: -1, normalize: true }, [[3], [3]]);
    const [a, b] = inputs as [Grid, Grid];
    const sum = (x: Grid, y: Grid, n: number) =>
      [0, 1, 2].reduce((total, k) => total + at(x, n, k) * at(y, n, k), 0);
    expectClose(
      output,
      [0, 1].map((n) => sum(a, b, n) / Math.sqrt(sum(a, a, n) * sum(b, b, n))),
    );
  });
});

describe('Merge of Keras 1', () => {
  it('is each of the later layers', async () => {
    for (const [mode, name] of [
      ['sum', 'Add'],
      ['mul', 'Multiply'],
      ['ave', 'Average'],
      ['max', 'Maximum'],
    ] as const) {
      const old = await merge(
        'Merge',
        { mode },
        [
          [3, 2],
          [3, 2],
        ],
        '1.2.2',
      );
      const later = await merge(name, {}, [
        [3, 2],
        [3, 2],
      ]);
      expectClose(old.output, later.output, 0);
    }
    const joined = await merge(
      'Merge',
      { mode: 'concat', concat_axis: 1 },
      [
        [3, 2],
        [4, 2],
      ],
      '1.2.2',
    );
    expect(joined.dims).toEqual([2, 7, 2]);
    const cosine = await merge('Merge', { mode: 'cos', dot_axes: [[1], [1]] }, [[3], [3]], '1.2.2');
    const later = await merge('Dot', { axes: 1, normalize: true }, [[3], [3]]);
    expectClose(cosine.output, later.output, 0);
  });

  it('with Python code for a mode is never run', async () => {
    const { code, details } = await refusal(
      merging('Merge', { mode: {}, mode_type: 'lambda' }, [[3], [3]], '1.2.2'),
    );
    expect(code).toBe('OP_UNSUPPORTED');
    expect(details).toEqual(['Merge x1 (merged): its mode is Python code, never run']);
  });

  it('may stand in front of a Sequential, over branches', async () => {
    const branch = (name: string, size: number) => ({
      class_name: 'Sequential',
      config: [
        {
          class_name: 'Dense',
          config: { name, output_dim: 2, activation: 'relu', bias: true, batch_input_shape: [null, size] },
        },
      ],
    });
    const weights = (name: string, size: number, seed: number) => [
      { name: `${name}_W:0`, dims: [size, 2], data: numbers(size * 2, seed) },
      { name: `${name}_b:0`, dims: [2], data: numbers(2, seed + 1) },
    ];
    const model = await read({
      version: '1.2.2',
      config: {
        class_name: 'Sequential',
        config: [
          {
            class_name: 'Merge',
            config: { name: 'merge_1', mode: 'concat', layers: [branch('left', 3), branch('right', 1)] },
          },
          { class_name: 'Activation', config: { name: 'end', activation: 'linear' } },
        ],
      },
      weights: { left: weights('left', 3, 1), right: weights('right', 1, 5), merge_1: [], end: [] },
    });
    expect(model.graph.inputs).toEqual(['left_input', 'right_input']);
    const { end } = await runModel(model, {
      left_input: { dtype: 'float32', dims: [1, 3], data: Float32Array.of(1, 2, 3) },
      right_input: { dtype: 'float32', dims: [1, 1], data: Float32Array.of(-2) },
    });
    const dense = (x: readonly number[], seed: number) => {
      const kernel = numbers(x.length * 2, seed);
      const bias = numbers(2, seed + 1);
      return [0, 1].map((u) =>
        Math.max(
          0,
          x.reduce((sum, value, k) => sum + value * (kernel[k * 2 + u] ?? 0), bias[u] ?? 0),
        ),
      );
    };
    expectClose(end?.data as Float32Array, [...dense([1, 2, 3], 1), ...dense([-2], 5)]);
  });
});
