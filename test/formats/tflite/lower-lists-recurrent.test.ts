// Two recurrent layers as TensorFlow's converter writes them with a batch of any size: the first gives its output of every
// step, the second only the last one. Against the formula, as a graph and as a TFLite file without lists in LiteRT.

import { describe, expect, it } from 'vitest';
import { decodeTflite } from '../../../src/formats/tflite/decode.ts';
import { encodeTfliteBytes } from '../../../src/formats/tflite/encode.ts';
import { lowerTflite } from '../../../src/formats/tflite/read.ts';
import type { Subgraph, TfliteFile } from '../../../src/formats/tflite/records.ts';
import type { Model } from '../../../src/graph/model.ts';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { optimize } from '../../../src/lifecycle/optimize.ts';
import { openGraph } from '../../../src/runtimes/onnxruntime.ts';
import { index, lists, number, type Step, subgraph } from './list-build.ts';
import { expectNumbers, list, numbers, type Value } from './lower-build.ts';
import { context, operators, runFile, write } from './write-run.ts';

const STEPS = 7;
const [IN, FIRST, SECOND] = [3, 5, 4];

type Layer = { readonly inputs: number; readonly units: number; readonly seed: number };

const layers: readonly [Layer, Layer] = [
  { inputs: IN, units: FIRST, seed: 2 },
  { inputs: FIRST, units: SECOND, seed: 3 },
];

function weights({ inputs, units, seed }: Layer) {
  return {
    kernel: numbers(units * inputs, seed),
    recurrent: numbers(units * units, seed + 5),
    bias: numbers(units, seed + 9),
  };
}

const open = (...shape: number[]): Value => ({
  shape,
  signature: shape.map((dim) => (dim === 1 ? -1 : dim)),
});
const constant = (shape: readonly number[], values: readonly number[]): Value => ({
  shape,
  constant: values,
});
const product = { fusedActivationFunction: 'NONE', keepNumDims: false, weightsFormat: 'DEFAULT' };

/** h ← tanh(kernel · x[i] + recurrent · h + bias), put into place i, or always into the first. */
function body(layer: Layer, isWhole: boolean): Subgraph {
  const { inputs, units } = layer;
  const { kernel, recurrent, bias } = weights(layer);
  const state = { i: index, made: lists, h: open(1, units), x: open(STEPS, 1, inputs) };
  const tensors: Record<string, Value> = {
    ...state,
    one: number(1),
    zero: number(0),
    kernel: constant([units, inputs], kernel),
    recurrent: constant([units, units], recurrent),
    bias: constant([units], bias),
    now: open(1, inputs),
    given: open(1, units),
    kept: open(1, units),
    sum: open(1, units),
    next: index,
    h_next: open(1, units),
    made_next: lists,
  };
  const steps: Step[] = [
    ['ADD', ['i', 'one'], ['next']],
    ['GATHER', ['x', 'i'], ['now'], { axis: 0, batchDims: 0 }],
    ['FULLY_CONNECTED', ['now', 'kernel', 'bias'], ['given'], product],
    ['FULLY_CONNECTED', ['h', 'recurrent'], ['kept'], product],
    ['ADD', ['given', 'kept'], ['sum']],
    ['TANH', ['sum'], ['h_next']],
    ['FlexTensorListSetItem', ['made', isWhole ? 'i' : 'zero', 'h_next'], ['made_next']],
  ];
  return subgraph('body', tensors, Object.keys(state), ['next', 'made_next', 'h_next', 'x'], steps);
}

function condition({ inputs, units }: Layer): Subgraph {
  const state = { i: index, made: lists, h: open(1, units), x: open(STEPS, 1, inputs) };
  const tensors = { ...state, steps: number(STEPS), less: { type: 'bool', shape: [] } as const };
  return subgraph('cond', tensors, Object.keys(state), ['less'], [['LESS', ['i', 'steps'], ['less']]]);
}

function network(): TfliteFile {
  const tensors: Record<string, Value> = {
    x: open(1, STEPS, IN),
    turn: { type: 'int32', shape: [3], constant: [1, 0, 2] },
    x0: open(STEPS, 1, IN),
    zero: number(0),
    axis: { type: 'int32', shape: [1], constant: [0] },
    stop: { type: 'int32', shape: [1], constant: [1] },
    whole: { type: 'int32', shape: [3] },
    batch: index,
    nothing: constant([], [0]),
  };
  const steps: Step[] = [
    ['TRANSPOSE', ['x', 'turn'], ['x0']],
    ['SHAPE', ['x'], ['whole'], { outType: 'INT32' }],
    ['STRIDED_SLICE', ['whole', 'axis', 'stop', 'stop'], ['batch'], { shrinkAxisMask: 1 }],
  ];
  for (const [at, { units }] of layers.entries()) {
    const count = at === 0 ? STEPS : 1;
    Object.assign(tensors, {
      [`units${at}`]: number(units),
      [`zeros${at}/shape`]: { type: 'int32', shape: [2] },
      [`zeros${at}`]: open(1, units),
      [`each${at}`]: { type: 'int32', shape: [2], constant: [-1, units] },
      [`count${at}`]: number(count),
      [`list${at}`]: lists,
      [`i${at}`]: index,
      [`full${at}`]: lists,
      [`h${at}`]: open(1, units),
      [`same${at}`]: open(STEPS, 1, layers[at]?.inputs ?? 0),
      [`x${at + 1}`]: { shape: [count, 1, units], signature: [count, -1, units] },
    });
    steps.push(
      ['PACK', ['batch', `units${at}`], [`zeros${at}/shape`], { valuesCount: 2, axis: 0 }],
      ['FILL', [`zeros${at}/shape`, 'nothing'], [`zeros${at}`]],
      ['FlexTensorListReserve', [`each${at}`, `count${at}`], [`list${at}`]],
      [
        'WHILE',
        ['zero', `list${at}`, `zeros${at}`, `x${at}`],
        [`i${at}`, `full${at}`, `h${at}`, `same${at}`],
        { condSubgraphIndex: 1 + 2 * at, bodySubgraphIndex: 2 + 2 * at },
      ],
      ['FlexTensorListStack', [`full${at}`, `each${at}`], [`x${at + 1}`]],
    );
  }
  const [first, second] = layers;
  const subgraphs = [
    subgraph('main', tensors, ['x'], ['x1', 'x2'], steps),
    condition(first),
    body(first, true),
    condition(second),
    body(second, false),
  ];
  return { version: 3, description: '', subgraphs, metadata: [], signatures: [] };
}

function read(): Model {
  return lowerTflite(decodeTflite(encodeTfliteBytes(network()), 'case.tflite'), 'case.tflite', context);
}

/** The outputs of one row at every step. */
function formula(layer: Layer, steps: readonly (readonly number[])[]): number[][] {
  const { kernel, recurrent, bias } = weights(layer);
  let state: readonly number[] = new Array<number>(layer.units).fill(0);
  return steps.map((given) => {
    const next = bias.map((start, unit) => {
      const dot = (row: readonly number[], by: readonly number[]) =>
        by.reduce((sum, value, at) => sum + value * (row[unit * by.length + at] ?? Number.NaN), 0);
      return Math.tanh(start + dot(kernel, given) + dot(recurrent, state));
    });
    state = next;
    return next;
  });
}

function wanted({ dims, data }: Tensor): { all: number[]; last: number[] } {
  const rows = Array.from({ length: dims[0] ?? 0 }, (_, row) => {
    const steps = Array.from({ length: STEPS }, (_, step) => {
      const from = (row * STEPS + step) * IN;
      return Array.from((data as Float32Array).subarray(from, from + IN));
    });
    const all = formula(layers[0], steps);
    return { all, last: formula(layers[1], all).at(-1) ?? [] };
  });
  const all = Array.from({ length: STEPS }, (_, step) => rows.flatMap((row) => row.all[step] ?? []));
  return { all: all.flat(), last: rows.flatMap(({ last }) => last) };
}

function input(batch: number): Tensor {
  const dims = [batch, STEPS, IN];
  return { dtype: 'float32', dims, data: Float32Array.from(numbers(batch * STEPS * IN, 7)) };
}

describe('recurrent layers with lists', () => {
  it.each([1, 3])('are what their formula says, for %d rows', async (batch) => {
    const x = input(batch);
    const { all, last } = wanted(x);
    for (const isOptimized of [false, true]) {
      const model = read();
      if (isOptimized) await optimize(model, context);
      const session = await openGraph(model, { optimize: isOptimized });
      const { x1, x2 } = await session.run({ x });
      await session.release();
      expect(x1?.dims).toEqual([STEPS, batch, FIRST]);
      expect(x2?.dims).toEqual([1, batch, SECOND]);
      expectNumbers(list(x1), all, 1e-5);
      expectNumbers(list(x2), last, 1e-5);
    }
  });

  it('can be written as TFLite that needs no Flex', async () => {
    const model = read();
    await optimize(model, context);
    const file = await write(model);
    expect(operators(file)).not.toContain('CUSTOM');
    for (const batch of [1, 3]) {
      const x = input(batch);
      const { all, last } = wanted(x);
      const { x1, x2 } = await runFile(file, { x });
      expectNumbers(list(x1), all, 1e-5);
      expectNumbers(list(x2), last, 1e-5);
    }
  });
});
