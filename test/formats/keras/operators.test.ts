// Functions called on tensors between layers, as Keras 3 and TensorFlow's Keras write them, against plain arithmetic.

import { describe, expect, it } from 'vitest';
import { numbers } from '../../../fixtures/formats/keras/make.ts';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { expectClose, read, refusal, runModel } from './run.ts';

const DIMS = [2, 3, 4];
const x = numbers(24, 5).map((value) => value * 3);
const y = numbers(24, 6).map((value) => 0.5 + Math.abs(value));
const feeds: Record<string, Tensor> = {
  x: { dtype: 'float32', dims: DIMS, data: x },
  y: { dtype: 'float32', dims: DIMS, data: y },
};

const inputLayer = (name: string) => ({
  class_name: 'InputLayer',
  module: 'keras.layers',
  name,
  config: { name, batch_shape: [null, ...DIMS.slice(1)], dtype: 'float32' },
  inbound_nodes: [],
});
const functional = (operator: object) => ({
  class_name: 'Functional',
  config: {
    name: 'm',
    layers: [inputLayer('x'), inputLayer('y'), { name: 'op', ...operator }],
    input_layers: [
      ['x', 0, 0],
      ['y', 0, 0],
    ],
    output_layers: [['op', 0, 0]],
  },
});

/** A tensor as Keras 3 writes it among arguments. */
const tensor = (name: string) => ({
  class_name: '__keras_tensor__',
  config: { shape: [null, 3, 4], dtype: 'float32', keras_history: [name, 0, 0] },
});
const X = tensor('x');
const Y = tensor('y');
const tuple = (...items: unknown[]) => ({ class_name: '__tuple__', items });
const part = (start: number | null, stop: number | null, step: number | null = null) => ({
  class_name: '__slice__',
  config: { start, stop, step },
});
const ELLIPSIS = { class_name: '__ellipsis__', config: {} };

const keras3 = (name: string, args: readonly unknown[], config: object = {}, kwargs: object = {}) =>
  functional({
    class_name: name,
    module: 'keras.src.ops.numpy',
    registered_name: name,
    config: { name: 'op', ...config },
    inbound_nodes: [{ args, kwargs }],
  });
const lambda = (fn: string, node: unknown, className = 'TFOpLambda') =>
  functional({
    class_name: className,
    config: { name: 'op', trainable: true, dtype: 'float32', function: fn },
    inbound_nodes: [node],
  });

async function run(config: unknown, version = '3.4.1') {
  const model = await read({ version, config, weights: {} });
  const { op } = await runModel(model, feeds);
  if (op === undefined) throw new Error('no output');
  const declared = model.graph.types.get(model.graph.outputs[0] ?? '');
  // What the reader says about the output has to be what comes out.
  if (declared?.kind !== 'tensor') throw new Error('the output has no type');
  expect(declared.shape).toHaveLength(op.dims.length);
  declared.shape?.forEach((dim, axis) => {
    if (typeof dim === 'number') expect(op.dims[axis]).toBe(dim);
  });
  expect(op.dtype).toBe(declared.dtype);
  return { dims: op.dims, dtype: op.dtype, values: Array.from(op.data as Float32Array, Number) };
}

const each = (formula: (a: number, b: number) => number) => Array.from(x, (a, at) => formula(a, y[at] ?? 0));
const at = (data: ArrayLike<number>, i: number, j: number, k: number) =>
  data[i * 12 + j * 4 + k] ?? Number.NaN;
/** Every element of an array of these dims from its place. */
const from = (dims: readonly number[], formula: (...place: number[]) => number): number[] =>
  dims.length === 0
    ? [formula()]
    : Array.from({ length: dims[0] ?? 0 }, (_, first) =>
        from(dims.slice(1), (...rest) => formula(first, ...rest)),
      ).flat();
const sum = (count: number, formula: (index: number) => number) =>
  Array.from({ length: count }, (_, index) => formula(index)).reduce((a, b) => a + b, 0);
const sigmoid = (a: number) => 1 / (1 + Math.exp(-a));

describe('keras.ops element by element', () => {
  it.each<[string, readonly unknown[], (a: number, b: number) => number, object?]>([
    ['Add', [X, Y], (a, b) => a + b],
    ['Add', [X, 2.5], (a) => a + 2.5],
    ['Add', [1, X], (a) => a + 1],
    ['Subtract', [X, Y], (a, b) => a - b],
    ['Subtract', [2, X], (a) => 2 - a],
    ['Multiply', [X, Y], (a, b) => a * b],
    ['Divide', [X, Y], (a, b) => a / b],
    ['TrueDivide', [1, Y], (_, b) => 1 / b],
    ['Power', [Y, 3], (_, b) => b ** 3],
    ['Maximum', [X, 0.25], (a) => Math.max(a, 0.25)],
    ['Minimum', [X, Y], (a, b) => Math.min(a, b)],
    ['Abs', [X], (a) => Math.abs(a)],
    ['Absolute', [X], (a) => Math.abs(a)],
    ['Negative', [X], (a) => -a],
    ['Exp', [X], (a) => Math.exp(a)],
    ['Log', [Y], (_, b) => Math.log(b)],
    ['Log1p', [Y], (_, b) => Math.log1p(b)],
    ['Sqrt', [Y], (_, b) => Math.sqrt(b)],
    ['Rsqrt', [Y], (_, b) => 1 / Math.sqrt(b)],
    ['Square', [X], (a) => a * a],
    ['Reciprocal', [Y], (_, b) => 1 / b],
    ['Sin', [X], (a) => Math.sin(a)],
    ['Floor', [X], (a) => Math.floor(a)],
    ['Tanh', [X], (a) => Math.tanh(a)],
    ['Sigmoid', [X], sigmoid],
    ['Relu', [X], (a) => Math.max(a, 0)],
    ['Silu', [X], (a) => a * sigmoid(a)],
    ['LeakyRelu', [X], (a) => (a < 0 ? 0.1 * a : a), { negative_slope: 0.1 }],
    ['Elu', [X], (a) => (a < 0 ? Math.expm1(a) : a), { alpha: 1 }],
    ['Clip', [X], (a) => Math.min(Math.max(a, -1), 0.5), { x_min: -1, x_max: 0.5 }],
    [
      'Gelu',
      [X],
      (a) => 0.5 * a * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (a + 0.044715 * a ** 3))),
      { approximate: true },
    ],
    ['Greater', [X, 0], (a) => (a > 0 ? 1 : 0)],
    ['LessEqual', [X, Y], (a, b) => (a <= b ? 1 : 0)],
    ['NotEqual', [X, X], () => 0],
  ])('%s', async (name, args, formula, config) => {
    const { dims, values } = await run(keras3(name, args, config));
    expect(dims).toEqual(DIMS);
    expectClose(values, each(formula), 1e-5);
  });

  it('takes arrays and broadcasts them', async () => {
    const row = { class_name: '__numpy__', config: { value: [1, 2, 3, 4], dtype: 'float32' } };
    const { values } = await run(keras3('Multiply', [X, row]));
    expectClose(
      values,
      from(DIMS, (i = 0, j = 0, k = 0) => at(x, i, j, k) * (k + 1)),
    );
    const named = await run(keras3('Subtract', [], {}, { x1: X, x2: [[0.5], [1], [2]] }));
    expectClose(
      named.values,
      from(DIMS, (i = 0, j = 0, k = 0) => at(x, i, j, k) - ([0.5, 1, 2][j] ?? 0)),
    );
  });

  it('casts, and computes on integers as Keras does', async () => {
    const cast = await run(keras3('Cast', [X], { dtype: 'int32' }));
    expect([cast.dtype, cast.values]).toEqual(['int32', Array.from(x, (value) => Math.trunc(value) + 0)]);
  });

  it('normalises along an axis', async () => {
    const { values } = await run(keras3('Softmax', [X], { axis: 1 }));
    const total = (i: number, k: number) => sum(3, (j) => Math.exp(at(x, i, j, k)));
    expectClose(
      values,
      from(DIMS, (i = 0, j = 0, k = 0) => Math.exp(at(x, i, j, k)) / total(i, k)),
    );
  });
});

describe('keras.ops over axes', () => {
  it('reduces one, several or all', async () => {
    const mean = await run(keras3('Mean', [X], { axis: 1, keepdims: false }));
    expect(mean.dims).toEqual([2, 4]);
    expectClose(
      mean.values,
      from([2, 4], (i = 0, k = 0) => sum(3, (j) => at(x, i, j, k)) / 3),
    );
    const total = await run(keras3('Sum', [X], { axis: [1, -1], keepdims: true }));
    expect(total.dims).toEqual([2, 1, 1]);
    expectClose(
      total.values,
      from([2], (i = 0) => sum(12, (n) => x[i * 12 + n] ?? 0)),
    );
    const most = await run(keras3('Max', [X], { axis: null, keepdims: false, initial: null }));
    expect([most.dims, most.values]).toEqual([[], [Math.max(...x)]]);
    const least = await run(keras3('Amin', [X], { axis: tuple(2), keepdims: false }));
    expectClose(
      least.values,
      from([2, 3], (i = 0, j = 0) => Math.min(...[0, 1, 2, 3].map((k) => at(x, i, j, k)))),
    );
  });

  it('reshapes, turns, adds and drops axes', async () => {
    const flat = await run(keras3('Reshape', [X], { newshape: tuple(-1, 12) }));
    expect([flat.dims, flat.values]).toEqual([[2, 12], Array.from(x)]);
    const turned = await run(keras3('Transpose', [X], { axes: tuple(0, 2, 1) }));
    expect(turned.dims).toEqual([2, 4, 3]);
    expect(turned.values).toEqual(from([2, 4, 3], (i = 0, k = 0, j = 0) => at(x, i, j, k)));
    const wider = await run(keras3('ExpandDims', [X], { axis: -1 }));
    expect([wider.dims, wider.values]).toEqual([[2, 3, 4, 1], Array.from(x)]);
  });

  it('joins and stacks', async () => {
    const joined = await run(keras3('Concatenate', [[X, Y]], { axis: 1 }));
    expect(joined.dims).toEqual([2, 6, 4]);
    expect(joined.values).toEqual(
      from([2, 6, 4], (i = 0, j = 0, k = 0) => (j < 3 ? at(x, i, j, k) : at(y, i, j - 3, k))),
    );
    const stacked = await run(keras3('Stack', [[X, Y, X]], { axis: 1 }));
    expect(stacked.dims).toEqual([2, 3, 3, 4]);
    expect(stacked.values).toEqual(
      from([2, 3, 3, 4], (i = 0, n = 0, j = 0, k = 0) => at(n === 1 ? y : x, i, j, k)),
    );
  });

  it('multiplies matrices', async () => {
    const config = lambda('linalg.matmul', ['x', 0, 0, { b: ['y', 0, 0], transpose_b: true, name: null }]);
    const { dims, values } = await run(config, '2.11.0');
    expect(dims).toEqual([2, 3, 3]);
    expectClose(
      values,
      from([2, 3, 3], (i = 0, j = 0, m = 0) => sum(4, (k) => at(x, i, j, k) * at(y, i, m, k))),
    );
  });

  it('chooses', async () => {
    const { values } = await run({
      class_name: 'Functional',
      config: {
        ...(keras3('Where', []) as { config: object }).config,
        layers: [
          inputLayer('x'),
          inputLayer('y'),
          {
            class_name: 'Greater',
            module: 'keras.src.ops.numpy',
            name: 'above',
            config: { name: 'above' },
            inbound_nodes: [{ args: [X, 0], kwargs: {} }],
          },
          {
            class_name: 'Where',
            module: 'keras.src.ops.numpy',
            name: 'op',
            config: { name: 'op' },
            inbound_nodes: [{ args: [tensor('above'), Y, -1], kwargs: {} }],
          },
        ],
      },
    });
    expectClose(
      values,
      each((a, b) => (a > 0 ? b : -1)),
    );
  });

  it.each<[string, unknown, readonly number[], (...place: number[]) => number]>([
    [
      'x[:, 1:3]',
      tuple(part(null, null), part(1, 3)),
      [2, 2, 4],
      (i = 0, j = 0, k = 0) => at(x, i, j + 1, k),
    ],
    ['x[:, -1]', tuple(part(null, null), -1), [2, 4], (i = 0, k = 0) => at(x, i, 2, k)],
    ['x[..., 0]', tuple(ELLIPSIS, 0), [2, 3], (i = 0, j = 0) => at(x, i, j, 0)],
    ['x[..., None]', tuple(ELLIPSIS, null), [2, 3, 4, 1], (i = 0, j = 0, k = 0) => at(x, i, j, k)],
    [
      'x[:, 0, None, ::2]',
      tuple(part(null, null), 0, null, part(null, null, 2)),
      [2, 1, 2],
      (i = 0, _ = 0, k = 0) => at(x, i, 0, 2 * k),
    ],
    [
      'x[:, ::-1]',
      tuple(part(null, null), part(null, null, -1)),
      [2, 3, 4],
      (i = 0, j = 0, k = 0) => at(x, i, 2 - j, k),
    ],
    [
      'x[:, :, -3:-1]',
      tuple(part(null, null), part(null, null), part(-3, -1)),
      [2, 3, 2],
      (i = 0, j = 0, k = 0) => at(x, i, j, k + 1),
    ],
    ['x[1]', 1, [3, 4], (j = 0, k = 0) => at(x, 1, j, k)],
  ])('takes %s', async (_, key, dims, formula) => {
    const { dims: made, values } = await run(keras3('GetItem', [X, key]));
    expect(made).toEqual(dims);
    expect(values).toEqual(from(dims, formula));
  });
});

describe("TensorFlow's functions", () => {
  it('as TFOpLambda writes them', async () => {
    const added = lambda('__operators__.add', ['x', 0, 0, { y: ['y', 0, 0], name: null }]);
    expectClose(
      (await run(added, '2.11.0')).values,
      each((a, b) => a + b),
    );
    const scaled = lambda('math.multiply', ['x', 0, 0, { y: 0.5, name: null }]);
    expectClose(
      (await run(scaled, '2.11.0')).values,
      each((a) => a / 2),
    );
    const constant = lambda('math.subtract', ['_CONSTANT_VALUE', -1, 1, { y: ['x', 0, 0], name: null }]);
    expectClose(
      (await run(constant, '2.11.0')).values,
      each((a) => 1 - a),
    );
    const joined = lambda('concat', [
      ['x', 0, 0, { axis: -1 }],
      ['y', 0, 0, { axis: -1 }],
    ]);
    expect((await run(joined, '2.11.0')).dims).toEqual([2, 3, 8]);
    const mean = lambda('math.reduce_mean', ['x', 0, 0, { axis: [1], keepdims: true, name: null }]);
    expectClose(
      (await run(mean, '2.11.0')).values,
      from([2, 4], (i = 0, k = 0) => sum(3, (j) => at(x, i, j, k)) / 3),
    );
    const turned = lambda('compat.v1.transpose', ['x', 0, 0, { perm: [0, 2, 1], name: null }]);
    expect((await run(turned, '2.11.0')).dims).toEqual([2, 4, 3]);
    const gelu = lambda('nn.gelu', ['x', 0, 0, { approximate: true }]);
    expectClose(
      (await run(gelu, '2.11.0')).values,
      each((a) => 0.5 * a * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (a + 0.044715 * a ** 3)))),
      1e-5,
    );
  });

  it('as SlicingOpLambda writes them', async () => {
    const slices = [{ start: null, stop: null, step: null }, { start: 1, stop: null, step: null }, 2];
    const config = lambda('__operators__.getitem', ['x', 0, 0, { slice_spec: slices }], 'SlicingOpLambda');
    const { dims, values } = await run(config, '2.11.0');
    expect(dims).toEqual([2, 2]);
    expect(values).toEqual(from([2, 2], (i = 0, j = 0) => at(x, i, j + 1, 2)));
  });

  it('as TensorFlowOpLayer writes them', async () => {
    const config = functional({
      class_name: 'TensorFlowOpLayer',
      config: {
        name: 'op',
        trainable: true,
        dtype: 'float32',
        node_def: { name: 'op', op: 'Sub', input: ['sub/x', 'x'], attr: { T: { type: 'DT_FLOAT' } } },
        constants: { 0: 2 },
      },
      inbound_nodes: [[['x', 0, 0, {}]]],
    });
    expectClose(
      (await run(config, '2.3.0')).values,
      each((a) => 2 - a),
    );
  });
});

describe('operators that cannot be expressed', () => {
  const refused = async (config: unknown) => {
    const { code, message, details } = await refusal({ version: '3.4.1', config, weights: {} });
    return [code, ...details, ...(details.length === 0 ? [message] : [])];
  };

  it('are reported by name', async () => {
    expect(await refused(keras3('Einsum', [X, Y]))).toEqual([
      'OP_UNSUPPORTED',
      'Einsum x1 (op): the operator Einsum called on a tensor is not supported yet',
    ]);
    expect(await refused(lambda('image.resize', ['x', 0, 0, { size: [2, 2] }]))).toEqual([
      'OP_UNSUPPORTED',
      'TFOpLambda x1 (op): the operator tf.image.resize called on a tensor is not supported yet',
    ]);
    expect(await refused(keras3('Reshape', [X], { newshape: [0, 4] }))).toEqual([
      'OP_UNSUPPORTED',
      expect.stringContaining('its shape is 0 x 4'),
    ]);
  });

  it('and those that contradict their tensors', async () => {
    for (const [config, words] of [
      [keras3('Mean', [X], { axis: 3 }), 'axis 3 is not there in 3 axes'],
      [keras3('Add', [X, [1, 2, 3]]), 'its tensors have 4 and 3 elements on axis 2'],
      [keras3('GetItem', [X, tuple(part(null, null), 7)]), 'it takes element 7 of 3'],
      [keras3('Squeeze', [X], { axis: 1 }), 'is not of length 1'],
      [keras3('Add', [X]), 'it is called without x2'],
      [keras3('Add', []), 'it is called without x1'],
      [keras3('Transpose', [X], { axes: 'ab' }), 'axes is "ab"'],
      [keras3('Concatenate', [X], { axis: 1 }), 'it is not called with a list of tensors'],
      [lambda('concat', []), 'it is not called with a list of tensors'],
      [keras3('LogicalAnd', [X, Y]), 'it is called with float32'],
    ] as const) {
      expect((await refused(config)).join(' ')).toContain(words);
    }
  });
});
