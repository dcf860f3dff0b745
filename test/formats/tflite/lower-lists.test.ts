// Lists of tensors, as TensorFlow's converter writes recurrent layers with a batch of any size: here a running sum.

import { describe, expect, it } from 'vitest';
import { quietContext } from '../../../src/context.ts';
import { decodeTflite } from '../../../src/formats/tflite/decode.ts';
import { encodeTfliteBytes } from '../../../src/formats/tflite/encode.ts';
import { lowerTflite } from '../../../src/formats/tflite/read.ts';
import type { Operator, Subgraph, TensorTypeName, TfliteFile } from '../../../src/formats/tflite/records.ts';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { validate } from '../../../src/graph/validate.ts';
import { optimize } from '../../../src/lifecycle/optimize.ts';
import { openGraph } from '../../../src/runtimes/onnxruntime.ts';
import { list, numbers, tensorRecord, type Value } from './lower-build.ts';

const STEPS = 3;

const index: Value = { type: 'int32', shape: [] };
const lists: Value = { type: 'variant' as TensorTypeName, shape: [] };
const number = (constant: number): Value => ({ ...index, constant: [constant] });
const sums: Value = { shape: [1, 2], signature: [-1, 2] };
const steps: Value = { shape: [STEPS, 1, 2], signature: [STEPS, -1, 2] };
const each: Value = { type: 'int32', shape: [2], constant: [-1, 2] };

type Step = readonly [
  opcode: string,
  inputs: readonly string[],
  outputs: readonly string[],
  options?: object,
];

/** Tensors by name; steps name what they read and make. */
function subgraph(
  name: string,
  tensors: Readonly<Record<string, Value>>,
  inputs: readonly string[],
  outputs: readonly string[],
  operators: readonly Step[],
): Subgraph {
  const names = Object.keys(tensors);
  const at = (wanted: string) => names.indexOf(wanted);
  return {
    name,
    tensors: names.map((each) => tensorRecord(each, tensors[each] as Value)),
    inputs: inputs.map(at),
    outputs: outputs.map(at),
    operators: operators.map(([opcode, from, to, options = {}]): Operator => {
      const custom = opcode.includes('TensorList') ? { opcode: 'CUSTOM', custom: opcode } : { opcode };
      return { ...custom, version: 1, inputs: from.map(at), outputs: to.map(at), options: { ...options } };
    }),
  };
}

/** sums[t] = x[0] + … + x[t], and how many there are. */
function runningSum(prefix: string, element: Partial<Value> = {}): TfliteFile {
  const carried = { i: index, given: lists, made: lists, sum: sums };
  const main = subgraph(
    'main',
    {
      x: { ...steps, ...element },
      each,
      zero: number(0),
      count: number(STEPS),
      zeros: { shape: [1, 2], constant: [0, 0] },
      given: lists,
      made: lists,
      i_end: index,
      given_end: lists,
      made_end: lists,
      sum_end: sums,
      y: steps,
      n: index,
    },
    ['x'],
    ['y', 'n'],
    [
      [`${prefix}TensorListFromTensor`, ['x', 'each'], ['given']],
      [`${prefix}TensorListReserve`, ['each', 'count'], ['made']],
      [
        'WHILE',
        ['zero', 'given', 'made', 'zeros'],
        ['i_end', 'given_end', 'made_end', 'sum_end'],
        { condSubgraphIndex: 1, bodySubgraphIndex: 2 },
      ],
      [`${prefix}TensorListStack`, ['made_end', 'each'], ['y']],
      [`${prefix}TensorListLength`, ['made_end'], ['n']],
    ],
  );
  const condition = subgraph(
    'cond',
    { ...carried, count: number(STEPS), less: { type: 'bool', shape: [] } },
    Object.keys(carried),
    ['less'],
    [['LESS', ['i', 'count'], ['less']]],
  );
  const isFloat = element.type === undefined;
  const item: Value = { ...sums, ...element };
  const body = subgraph(
    'body',
    { ...carried, one: number(1), each, item, real: sums, next: index, total: sums, longer: lists },
    Object.keys(carried),
    ['next', 'given', 'longer', 'total'],
    [
      ['ADD', ['i', 'one'], ['next']],
      [`${prefix}TensorListGetItem`, ['given', 'i', 'each'], [isFloat ? 'real' : 'item']],
      ...(isFloat ? [] : ([['CAST', ['item'], ['real']]] as const)),
      ['ADD', ['sum', 'real'], ['total']],
      [`${prefix}TensorListSetItem`, ['made', 'i', 'total'], ['longer']],
    ],
  );
  return { version: 3, description: '', subgraphs: [main, condition, body], metadata: [], signatures: [] };
}

function read(file: TfliteFile) {
  return lowerTflite(decodeTflite(encodeTfliteBytes(file), 'case.tflite'), 'case.tflite', quietContext());
}

async function run(file: TfliteFile, x: Tensor, isOptimized: boolean) {
  const model = read(file);
  if (isOptimized) await optimize(model, quietContext());
  validate(model);
  const session = await openGraph(model);
  const { y, n } = await session.run({ x });
  await session.release();
  return { y, n };
}

function expected(values: readonly number[], batch: number): number[] {
  const row = batch * 2;
  return values.map((_, at) =>
    values.filter((_, other) => other <= at && other % row === at % row).reduce((a, b) => a + b, 0),
  );
}

describe('lists of tensors', () => {
  it.each([
    ['Flex', 1, false],
    ['Flex', 4, true],
    ['', 3, true],
  ] as const)('%sTensorList… for %d rows, optimized: %s', async (prefix, batch, isOptimized) => {
    const values = numbers(STEPS * batch * 2, 5);
    const x: Tensor = { dtype: 'float32', dims: [STEPS, batch, 2], data: Float32Array.from(values) };
    const { y, n } = await run(runningSum(prefix), x, isOptimized);
    expect(y?.dims).toEqual([STEPS, batch, 2]);
    const wanted = expected(values, batch);
    list(y).forEach((value, at) => {
      expect(value).toBeCloseTo(wanted[at] ?? Number.NaN, 5);
    });
    expect(list(n)).toEqual([STEPS]);
  });

  it('holds truths, as masks are', async () => {
    const values = [1, 0, 0, 1, 1, 1];
    const x: Tensor = { dtype: 'bool', dims: [STEPS, 1, 2], data: Uint8Array.from(values) };
    const { y } = await run(runningSum('Flex', { type: 'bool' }), x, true);
    expect(list(y)).toEqual(expected(values, 1));
  });

  it('of whole numbers are refused', () => {
    expect(() => read(runningSum('Flex', { type: 'int32' }))).toThrow(
      expect.objectContaining({
        code: 'OP_UNSUPPORTED',
        details: expect.arrayContaining([expect.stringContaining('its tensors are of int32')]),
      }),
    );
  });

  it('of which nothing is known but that they are lists are refused where other operators take them', () => {
    const file = runningSum('Flex');
    const [main] = file.subgraphs;
    const operators = main?.operators.map((each) =>
      each.custom === 'FlexTensorListLength' ? { ...each, opcode: 'SHAPE', custom: undefined } : each,
    );
    const changed = [{ ...main, operators } as Subgraph, ...file.subgraphs.slice(1)];
    expect(() => read({ ...file, subgraphs: changed })).toThrow(
      expect.objectContaining({
        details: expect.arrayContaining([expect.stringContaining('it takes a list of tensors')]),
      }),
    );
  });
});
