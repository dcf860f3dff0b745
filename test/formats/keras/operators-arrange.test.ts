// Functions of keras.ops and TensorFlow that repeat, pad, part, count and look up elements, against plain arithmetic.

import { describe, expect, it } from 'vitest';
import { numbers } from '../../../fixtures/formats/keras/make.ts';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { expectClose, read, runModel } from './run.ts';

const DIMS = [2, 3, 4];
const x = numbers(24, 5).map((value) => value * 0.9);
const at = (i: number, j: number, k: number) => x[(i * 3 + j) * 4 + k] ?? Number.NaN;
const input = (isThird: boolean) => ({
  class_name: 'InputLayer',
  name: 'x',
  config: { name: 'x', [isThird ? 'batch_shape' : 'batch_input_shape']: [null, 3, 4], dtype: 'float32' },
  inbound_nodes: [],
});
const X = {
  class_name: '__keras_tensor__',
  config: { shape: [null, 3, 4], dtype: 'float32', keras_history: ['x', 0, 0] },
};
const tuple = (...items: unknown[]) => ({ class_name: '__tuple__', items });

async function run(operator: object, version: string, outputs = 1) {
  const model = await read({
    version,
    config: {
      class_name: 'Functional',
      config: {
        name: 'm',
        layers: [input(version.startsWith('3')), { name: 'op', ...operator }],
        input_layers: [['x', 0, 0]],
        output_layers: Array.from({ length: outputs }, (_, index) => ['op', 0, index]),
      },
    },
    weights: {},
  });
  const feed: Tensor = { dtype: 'float32', dims: DIMS, data: x };
  const made = await runModel(model, { x: feed });
  return model.graph.outputs.map((name) => {
    const tensor = made[name];
    const type = model.graph.types.get(name);
    if (tensor === undefined || type?.kind !== 'tensor') throw new Error(`no output ${name}`);
    expect(tensor.dtype).toBe(type.dtype);
    expect(type.shape).toHaveLength(tensor.dims.length);
    type.shape?.forEach((dim, axis) => {
      if (typeof dim === 'number') expect(tensor.dims[axis]).toBe(dim);
    });
    return { dims: tensor.dims, values: Array.from(tensor.data as Float32Array, Number) };
  });
}
const keras3 = (name: string, config: object, args: unknown[] = [X]) => ({
  class_name: name,
  module: 'keras.src.ops.numpy',
  config: { name: 'op', ...config },
  inbound_nodes: [{ args, kwargs: {} }],
});
const lambda = (fn: string, options: object) => ({
  class_name: 'TFOpLambda',
  config: { name: 'op', trainable: true, dtype: 'float32', function: fn },
  inbound_nodes: [['x', 0, 0, options]],
});

type Formula = (...place: number[]) => number;
function from(dims: readonly number[], formula: Formula): number[] {
  const count = dims.reduce((a, b) => a * b, 1);
  return Array.from({ length: count }, (_, flat) => {
    let rest = flat;
    const place = dims.toReversed().map((dim) => {
      const here = rest % dim;
      rest = (rest - here) / dim;
      return here;
    });
    return formula(...place.reverse());
  });
}
const row = (i: number, j: number) => [0, 1, 2, 3].map((k) => at(i, j, k));
const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;
const variance = (list: readonly number[]) => mean(list.map((value) => (value - mean(list)) ** 2));
const largest = (list: readonly number[]) => list.indexOf(Math.max(...list));

const cases: readonly [string, object, readonly number[], Formula][] = [
  [
    'Tile',
    keras3('Tile', { repeats: tuple(2, 3) }),
    [2, 6, 12],
    (i = 0, j = 0, k = 0) => at(i, j % 3, k % 4),
  ],
  ['tf.tile', lambda('tile', { multiples: [1, 2, 1] }), [2, 6, 4], (i = 0, j = 0, k = 0) => at(i, j % 3, k)],
  ['Repeat', keras3('Repeat', { repeats: 2, axis: 1 }), [2, 6, 4], (i = 0, j = 0, k = 0) => at(i, j >> 1, k)],
  [
    'Pad',
    keras3('Pad', { pad_width: tuple(tuple(0, 0), tuple(1, 0), tuple(0, 2)), mode: 'constant' }),
    [2, 4, 6],
    (i = 0, j = 0, k = 0) => (j > 0 && k < 4 ? at(i, j - 1, k) : 0),
  ],
  [
    'tf.pad, mirrored',
    lambda('pad', {
      paddings: [
        [0, 0],
        [1, 1],
        [0, 0],
      ],
      mode: 'REFLECT',
    }),
    [2, 5, 4],
    (i = 0, j = 0, k = 0) => at(i, [1, 0, 1, 2, 1][j] ?? 0, k),
  ],
  ['Flip', keras3('Flip', { axis: 1 }), DIMS, (i = 0, j = 0, k = 0) => at(i, 2 - j, k)],
  ['tf.reverse', lambda('reverse', { axis: [-1] }), DIMS, (i = 0, j = 0, k = 0) => at(i, j, 3 - k)],
  ['Swapaxes', keras3('Swapaxes', { axis1: 1, axis2: -1 }), [2, 4, 3], (i = 0, k = 0, j = 0) => at(i, j, k)],
  [
    'Moveaxis',
    keras3('Moveaxis', { source: -1, destination: 1 }),
    [2, 4, 3],
    (i = 0, k = 0, j = 0) => at(i, j, k),
  ],
  [
    'Take',
    keras3('Take', { axis: 1 }, [X, [2, 0]]),
    [2, 2, 4],
    (i = 0, j = 0, k = 0) => at(i, j === 0 ? 2 : 0, k),
  ],
  ['tf.gather', lambda('gather', { indices: [1], axis: -1 }), [2, 3, 1], (i = 0, j = 0) => at(i, j, 1)],
  ['Argmax', keras3('Argmax', { axis: -1, keepdims: true }), [2, 3, 1], (i = 0, j = 0) => largest(row(i, j))],
  [
    'tf.argmin',
    lambda('math.argmin', { axis: 2 }),
    [2, 3],
    (i = 0, j = 0) => largest(row(i, j).map((a) => -a)),
  ],
  [
    'Cumsum',
    keras3('Cumsum', { axis: 2 }),
    DIMS,
    (i = 0, j = 0, k = 0) => mean(row(i, j).slice(0, k + 1)) * (k + 1),
  ],
  ['Var', keras3('Var', { axis: -1, keepdims: false }), [2, 3], (i = 0, j = 0) => variance(row(i, j))],
  [
    'tf.reduce_std',
    lambda('math.reduce_std', { axis: -1, keepdims: true }),
    [2, 3, 1],
    (i = 0, j = 0) => Math.sqrt(variance(row(i, j))),
  ],
  [
    'tf.l2_normalize',
    lambda('math.l2_normalize', { axis: -1 }),
    DIMS,
    (i = 0, j = 0, k = 0) => at(i, j, k) / Math.hypot(...row(i, j)),
  ],
  ['OnesLike', keras3('OnesLike', {}), DIMS, () => 1],
  [
    'BroadcastTo',
    keras3('BroadcastTo', { shape: tuple(5, 2, 3, 4) }),
    [5, 2, 3, 4],
    (_, i = 0, j = 0, k = 0) => at(i, j, k),
  ],
  ['Arctan', keras3('Arctan', {}), DIMS, (i = 0, j = 0, k = 0) => Math.atan(at(i, j, k))],
  ['HardSigmoid', keras3('HardSigmoid', {}), DIMS, (i = 0, j = 0, k = 0) => at(i, j, k) / 6 + 0.5],
  [
    'tf.floormod',
    lambda('math.floormod', { y: 0.25 }),
    DIMS,
    (i = 0, j = 0, k = 0) => at(i, j, k) - 0.25 * Math.floor(at(i, j, k) / 0.25),
  ],
];

describe('functions on tensors', () => {
  it.each(cases)('%s', async (_, operator, dims, formula) => {
    const [made] = await run(operator, 'config' in operator && 'module' in operator ? '3.4.1' : '2.11.0');
    expect(made?.dims).toEqual(dims);
    expectClose(made?.values ?? [], from(dims, formula), 1e-5);
  });

  it('that give several tensors', async () => {
    const [a, b] = await run(keras3('Split', { indices_or_sections: tuple(1), axis: 2 }), '3.4.1', 2);
    expect([a?.values, b?.values]).toEqual([
      from([2, 3, 1], (i = 0, j = 0) => at(i, j, 0)),
      from([2, 3, 3], (i = 0, j = 0, k = 0) => at(i, j, k + 1)),
    ]);
    const halves = await run(lambda('split', { num_or_size_splits: 2, axis: -1 }), '2.11.0', 2);
    expect(halves[1]?.values).toEqual(from([2, 3, 2], (i = 0, j = 0, k = 0) => at(i, j, k + 2)));
    const rows = await run(keras3('Unstack', { num: 3, axis: 1 }), '3.4.1', 3);
    expect(rows[2]?.values).toEqual(from([2, 4], (i = 0, k = 0) => at(i, 2, k)));
  });
});
