// Lists of tensors, as TensorFlow's converter writes recurrent layers with a batch of any size: here a running sum.

import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { quietContext } from '../../../src/context.ts';
import { MlctlError } from '../../../src/errors.ts';
import { decodeTflite } from '../../../src/formats/tflite/decode.ts';
import { encodeTfliteBytes } from '../../../src/formats/tflite/encode.ts';
import { readFlexStrings } from '../../../src/formats/tflite/lower/flexbuffer.ts';
import { readNodeAttributes } from '../../../src/formats/tflite/lower/node-def.ts';
import { lowerTflite } from '../../../src/formats/tflite/read.ts';
import type { Subgraph, TensorTypeName, TfliteFile } from '../../../src/formats/tflite/records.ts';
import type { Model } from '../../../src/graph/model.ts';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { validate } from '../../../src/graph/validate.ts';
import { optimize } from '../../../src/lifecycle/optimize.ts';
import { allGraphs } from '../../../src/passes/nested.ts';
import { openGraph } from '../../../src/runtimes/onnxruntime.ts';
import { index, lists, number, optionsOf, subgraph } from './list-build.ts';
import { expectNumbers, list, numbers, type Value } from './lower-build.ts';

const { encode } = createRequire(import.meta.url)('flatbuffers/js/flexbuffers.js') as {
  encode(value: unknown): Uint8Array;
};

const STEPS = 3;

type Sum = {
  readonly prefix?: 'Flex' | '';
  readonly element?: TensorTypeName;
  /** Of the list that is filled, where it is not that of the sums. */
  readonly declared?: string;
  /** Where the sum of step i goes. */
  readonly place?: 'in order' | 'backwards' | 'first';
  /** How long the list is where it is not as long as the sequence. */
  readonly length?: number;
  readonly isGrowing?: boolean;
  /** How many steps there are is only known when the model runs. */
  readonly isOpen?: boolean;
  /** The condition asks for a second counter too. */
  readonly isDouble?: boolean;
  /** What the counter begins with and grows by. */
  readonly start?: number;
  readonly step?: number;
  /** What the sum begins with. */
  readonly from?: number;
  /** What is at the first place is added to what is put in. */
  readonly isPeeked?: boolean;
  /** What the list has become is another variable too; that one is looked at in the end. */
  readonly isShared?: boolean;
  /** One number for the shape of its tensors: not even their rank is known. */
  readonly isShapeless?: boolean;
};

/** sums[t] = x[0] + … + x[t], and how many there are and of which shape. */
function runningSum(sum: Sum = {}): TfliteFile {
  const { prefix = 'Flex', element = 'float32', place = 'in order', length, isGrowing = false } = sum;
  const { start = 0, step = 1, from = 0, isPeeked = false, isShared = false } = sum;
  const { declared = element === 'bool' ? 'float32' : element, isOpen = false, isDouble = false } = sum;
  const added = element === 'bool' ? 'float32' : element;
  const sums: Value = { type: added, shape: [1, 2], signature: [-1, 2] };
  const steps = (type: TensorTypeName): Value => ({
    type,
    shape: [isOpen ? 1 : STEPS, 1, 2],
    signature: [isOpen ? -1 : STEPS, -1, 2],
  });
  const each: Value = sum.isShapeless ? number(-1) : { type: 'int32', shape: [2], constant: [-1, 2] };
  const limit = isOpen ? index : number(STEPS);
  const carried = {
    i: index,
    given: lists,
    made: lists,
    sum: sums,
    most: index,
    ...(isShared ? { other: lists } : {}),
  };
  const main = subgraph(
    'main',
    {
      x: steps(element),
      each,
      start: number(start),
      axis: { type: 'int32', shape: [1], constant: [0] },
      stop: { type: 'int32', shape: [1], constant: [1] },
      whole: { type: 'int32', shape: [3] },
      limit,
      count: length === undefined ? limit : number(length),
      zeros: { type: added, shape: [1, 2], constant: [from, from] },
      given: lists,
      made: lists,
      i_end: index,
      given_end: lists,
      made_end: lists,
      sum_end: sums,
      most_end: index,
      other_end: lists,
      y: steps(added),
      n: index,
      shape: { type: 'int32', shape: [2] },
    },
    ['x'],
    ['y', 'n', 'shape'],
    [
      ...(isOpen
        ? ([
            ['SHAPE', ['x'], ['whole'], { outType: 'INT32' }],
            ['STRIDED_SLICE', ['whole', 'axis', 'stop', 'stop'], ['limit'], { shrinkAxisMask: 1 }],
          ] as const)
        : []),
      [`${prefix}TensorListFromTensor`, ['x', 'each'], ['given']],
      [`${prefix}TensorListReserve`, ['each', length === undefined ? 'limit' : 'count'], ['made']],
      [
        'WHILE',
        ['start', 'given', 'made', 'zeros', 'limit', ...(isShared ? ['made'] : [])],
        ['i_end', 'given_end', 'made_end', 'sum_end', 'most_end', ...(isShared ? ['other_end'] : [])],
        { condSubgraphIndex: 1, bodySubgraphIndex: 2 },
      ],
      [`${prefix}TensorListStack`, [isShared ? 'other_end' : 'made_end', 'each'], ['y']],
      [`${prefix}TensorListLength`, ['made_end'], ['n']],
      [`${prefix}TensorListElementShape`, ['made_end'], ['shape']],
    ],
    declared,
  );
  const truth: Value = { type: 'bool', shape: [] };
  const condition = subgraph(
    'cond',
    { ...carried, far: number(100), less: truth, also: truth, both: truth },
    Object.keys(carried),
    [isDouble ? 'both' : 'less'],
    [
      ['LESS', ['i', 'most'], ['less']],
      ...(isDouble
        ? ([
            ['LESS', ['i', 'far'], ['also']],
            ['LOGICAL_AND', ['less', 'also'], ['both']],
          ] as const)
        : []),
    ],
  );
  const to = { 'in order': 'i', backwards: 'mirrored', first: 'zero' }[place];
  const body = subgraph(
    'body',
    {
      ...carried,
      one: number(step),
      zero: number(0),
      last: number(STEPS - 1),
      mirrored: index,
      each,
      item: { ...sums, type: element },
      real: sums,
      next: index,
      total: sums,
      first: sums,
      more: sums,
      longer: lists,
    },
    Object.keys(carried),
    ['next', 'given', 'longer', 'total', 'most', ...(isShared ? ['longer'] : [])],
    [
      ['ADD', ['i', 'one'], ['next']],
      ['SUB', ['last', 'i'], ['mirrored']],
      [`${prefix}TensorListGetItem`, ['given', 'i', 'each'], [element === 'bool' ? 'item' : 'real']],
      ...(element === 'bool' ? ([['CAST', ['item'], ['real']]] as const) : []),
      ['ADD', ['sum', 'real'], ['total']],
      ...(isPeeked
        ? ([
            [`${prefix}TensorListGetItem`, ['made', 'zero', 'each'], ['first']],
            ['ADD', ['total', 'first'], ['more']],
          ] as const)
        : []),
      [`${prefix}TensorListSetItem`, ['made', to, isPeeked ? 'more' : 'total'], ['longer']],
    ],
    declared,
    isGrowing,
  );
  return { version: 3, description: '', subgraphs: [main, condition, body], metadata: [], signatures: [] };
}

function read(file: TfliteFile): Model {
  return lowerTflite(decodeTflite(encodeTfliteBytes(file), 'case.tflite'), 'case.tflite', quietContext());
}

async function run(model: Model, x: Tensor, isOptimized = true) {
  if (isOptimized) await optimize(model, quietContext());
  validate(model);
  const session = await openGraph(model);
  const results = await session.run({ x });
  await session.release();
  return results;
}

const dataOf = {
  float32: Float32Array,
  int32: Int32Array,
  bool: Uint8Array,
};

function sequence(
  dtype: keyof typeof dataOf,
  values: readonly number[],
  batch: number,
  steps = STEPS,
): Tensor {
  return { dtype, dims: [steps, batch, 2], data: dataOf[dtype].from(values) };
}

function expected(values: readonly number[], batch: number): number[] {
  const row = batch * 2;
  return values.map((_, at) =>
    values.filter((_, other) => other <= at && other % row === at % row).reduce((a, b) => a + b, 0),
  );
}

function opTypes(model: Model): string[] {
  return allGraphs(model).flatMap(({ nodes }) => nodes.map(({ opType }) => opType));
}

describe('lists of tensors', () => {
  it.each([
    ['Flex', 1, false],
    ['Flex', 4, true],
    ['', 3, false],
    ['', 3, true],
  ] as const)('%sTensorList… for %d rows, optimized: %s', async (prefix, batch, isOptimized) => {
    const values = numbers(STEPS * batch * 2, 5);
    const x = sequence('float32', values, batch);
    const { y, n, shape } = await run(read(runningSum({ prefix })), x, isOptimized);
    expect(y?.dims).toEqual([STEPS, batch, 2]);
    expectNumbers(list(y), expected(values, batch), 1e-6);
    expect(list(n)).toEqual([STEPS]);
    expect(list(shape)).toEqual([batch, 2]);
  });

  it('that are filled in order are what the rounds give, however many there are', async () => {
    const model = read(runningSum({ isOpen: true }));
    expect(opTypes(model)).not.toContain('ScatterND');
    for (const steps of [1, 5]) {
      const values = numbers(steps * 4, 3);
      const { y, n } = await run(read(runningSum({ isOpen: true })), sequence('float32', values, 2, steps));
      expect(y?.dims).toEqual([steps, 2, 2]);
      expectNumbers(list(y), expected(values, 2), 1e-6);
      expect(list(n)).toEqual([steps]);
    }
  });

  it('are filled as often as every condition allows', async () => {
    const model = read(runningSum({ isDouble: true }));
    expect(opTypes(model)).not.toContain('ScatterND');
    const values = numbers(STEPS * 4, 2);
    const { y } = await run(model, sequence('float32', values, 2));
    expectNumbers(list(y), expected(values, 2), 1e-6);
  });

  it('may be filled in another order', async () => {
    const model = read(runningSum({ place: 'backwards' }));
    expect(opTypes(model)).toContain('ScatterND');
    const values = numbers(STEPS * 4, 7);
    const { y } = await run(model, sequence('float32', values, 2));
    const rows = expected(values, 2);
    expectNumbers(list(y), [...rows.slice(8), ...rows.slice(4, 8), ...rows.slice(0, 4)], 1e-6);
  });

  it('may be longer than there are rounds', async () => {
    const values = numbers(STEPS * 4, 7);
    const { y } = await run(read(runningSum({ length: STEPS + 1 })), sequence('float32', values, 2));
    expect(y?.dims).toEqual([STEPS + 1, 2, 2]);
    expectNumbers(list(y), [...expected(values, 2), 0, 0, 0, 0], 1e-6);
  });

  it('may be filled only in part', async () => {
    const values = numbers(STEPS * 4, 7);
    const [a, b, c] = [values.slice(0, 4), values.slice(4, 8), values.slice(8)];
    const sums = (...rows: number[][]) =>
      a.map((_, at) => rows.reduce((sum, row) => sum + (row[at] ?? 0), 0));
    const x = sequence('float32', values, 2);
    const late = await run(read(runningSum({ start: 1 })), x);
    expectNumbers(list(late.y), [0, 0, 0, 0, ...b, ...sums(b, c)], 1e-6);
    const wide = await run(read(runningSum({ step: 2 })), x);
    expectNumbers(list(wide.y), [...a, 0, 0, 0, 0, ...sums(a, c)], 1e-6);
    const short = await run(read(runningSum({ start: 1, length: 4 })), x);
    expectNumbers(list(short.y), [0, 0, 0, 0, ...b, ...sums(b, c), 0, 0, 0, 0], 1e-6);
  });

  it('may be looked at while they are filled', async () => {
    const values = numbers(STEPS * 4, 6);
    const { y } = await run(read(runningSum({ isPeeked: true })), sequence('float32', values, 2));
    const sums = expected(values, 2);
    expectNumbers(
      list(y),
      sums.map((value, at) => (at < 4 ? value : value + (sums[at % 4] ?? 0))),
      1e-6,
    );
  });

  it('may be two variables of a loop', async () => {
    const values = numbers(STEPS * 4, 6);
    const { y } = await run(read(runningSum({ isShared: true })), sequence('float32', values, 2));
    expectNumbers(list(y), expected(values, 2), 1e-6);
  });

  it('of two places may have the first one set again and again', async () => {
    const values = numbers(STEPS * 4, 9);
    const model = read(runningSum({ place: 'first', length: 2 }));
    const { y } = await run(model, sequence('float32', values, 2));
    expectNumbers(list(y), [...expected(values, 2).slice(8), 0, 0, 0, 0], 1e-6);
  });

  it('of one place hold what was put in last', async () => {
    const model = read(runningSum({ place: 'first', length: 1 }));
    expect(opTypes(model)).not.toContain('ScatterND');
    // It is what the sum is after the last round: the list is no state of the loop.
    const loop = model.graph.nodes.find(({ opType }) => opType === 'Loop');
    expect(loop?.outputs).toHaveLength(2);
    const values = numbers(STEPS * 4, 9);
    const { y, n } = await run(model, sequence('float32', values, 2));
    expect(y?.dims).toEqual([1, 2, 2]);
    expectNumbers(list(y), expected(values, 2).slice(8), 1e-6);
    expect(list(n)).toEqual([1]);
  });

  it('of one place hold nothing where there are no rounds', async () => {
    const open = runningSum({ place: 'first', length: 1, isOpen: true });
    const { y } = await run(read(open), sequence('float32', [], 2, 0));
    expect(y?.dims).toEqual([1, 1, 2]);
    expect(list(y)).toEqual([0, 0]);
    const late = read(runningSum({ place: 'first', length: 1, start: STEPS, from: 5 }));
    const none = await run(late, sequence('float32', numbers(STEPS * 4, 3), 2));
    expect(list(none.y)).toEqual([0, 0]);
  });

  it('hold whole numbers exactly', async () => {
    const values = [2 ** 24 + 1, 1, -5, 2 ** 30, 0, 7];
    for (const place of ['in order', 'backwards'] as const) {
      const { y } = await run(read(runningSum({ element: 'int32', place })), sequence('int32', values, 1));
      expect(y?.dtype).toBe('int32');
      const rows = expected(values, 1);
      const wanted =
        place === 'in order' ? rows : [...rows.slice(4), ...rows.slice(2, 4), ...rows.slice(0, 2)];
      expect(list(y)).toEqual(wanted);
    }
  });

  it('hold truths, as masks are', async () => {
    const values = [1, 0, 0, 1, 1, 1];
    const { y } = await run(read(runningSum({ element: 'bool' })), sequence('bool', values, 1));
    expect(list(y)).toEqual(expected(values, 1));
  });

  it('may begin empty and grow in order', async () => {
    const values = numbers(STEPS * 4, 4);
    const model = read(runningSum({ length: 0, isGrowing: true }));
    const { y, n } = await run(model, sequence('float32', values, 2));
    expectNumbers(list(y), expected(values, 2), 1e-6);
    expect(list(n)).toEqual([STEPS]);
  });

  it('may say nothing of the shape of their tensors where they are filled in order', async () => {
    const values = numbers(STEPS * 4, 4);
    const { y } = await run(read(runningSum({ isShapeless: true })), sequence('float32', values, 2));
    expectNumbers(list(y), expected(values, 2), 1e-6);
  });

  it.each([
    ['of lists', { declared: 'variant' }, 'its tensors are lists themselves'],
    ['that may grow', { isGrowing: true, place: 'backwards' }, 'it may make its list longer'],
    ['that grow from the middle', { isGrowing: true, length: 0, start: 1 }, 'it may make its list longer'],
    ['that do grow', { isGrowing: true, length: 1 }, 'it may make its list longer'],
    [
      'of tensors of unknown rank, filled in another order',
      { isShapeless: true, place: 'backwards' },
      'how many axes the tensors of its list have is not known',
    ],
  ] as const)('%s are refused', (_, sum, reason) => {
    expect(() => read(runningSum(sum))).toThrow(
      expect.objectContaining({
        code: 'OP_UNSUPPORTED',
        details: expect.arrayContaining([expect.stringContaining(reason)]),
      }),
    );
  });

  it.each([
    ['take tensors of another type', { declared: 'int32' }, /puts a tensor of float32 into a list of int32/],
    ['have fewer than no places', { length: -1 }, /a list of -1 tensors/],
  ] as const)('that %s are damaged', (_, sum, problem) => {
    expect(() => read(runningSum(sum))).toThrow(
      expect.objectContaining({ code: 'MODEL_DAMAGED', message: expect.stringMatching(problem) }),
    );
  });

  it('in a loop whose condition needs itself are damaged', () => {
    const [main, condition, body] = runningSum({ isDouble: true }).subgraphs as [
      Subgraph,
      Subgraph,
      Subgraph,
    ];
    const operators = condition.operators.map((each) =>
      each.opcode === 'LOGICAL_AND' ? { ...each, inputs: [...each.outputs, ...each.outputs] } : each,
    );
    const file = { ...runningSum(), subgraphs: [main, { ...condition, operators }, body] };
    expect(() => read(file)).toThrow(
      expect.objectContaining({
        code: 'MODEL_DAMAGED',
        message: expect.stringContaining('nothing has made'),
      }),
    );
  });

  it('are refused where other operators take them', () => {
    const file = runningSum();
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

describe('options for a Flex library', () => {
  const fail = (problem: string): never => {
    throw new Error(problem);
  };
  const whole = optionsOf('FlexTensorListSetItem', 'int32', true);

  it('have a name and a node with attributes', () => {
    const [name, node = new Uint8Array(0)] = readFlexStrings(whole, fail);
    expect(new TextDecoder().decode(name)).toBe('TensorListSetItem');
    expect(Object.fromEntries(readNodeAttributes(node, fail))).toEqual({
      resize_if_index_out_of_bounds: 1,
      element_dtype: 3,
    });
  });

  it('that are cut off or nothing of the kind are refused', () => {
    expect(() => readFlexStrings(encode({ a: 1 }), fail)).toThrow(/not a list/);
    expect(() => readFlexStrings(encode(['a', 1]), fail)).toThrow(/not a list of strings/);
    const [, node = new Uint8Array(0)] = readFlexStrings(whole, fail);
    for (let length = 0; length < node.length; length++) {
      for (const read of [
        () => readNodeAttributes(node.subarray(0, length), fail),
        () => readFlexStrings(whole.subarray(whole.length - length), fail),
      ]) {
        try {
          read();
        } catch (error) {
          expect((error as Error).message).toMatch(/its (node|options)/);
        }
      }
    }
    expect(() => readNodeAttributes(node.subarray(0, 5), fail)).toThrow(/cut off/);
    expect(() => readNodeAttributes(Uint8Array.of(0x0b), fail)).toThrow(/wire type 3/);
    expect(() => readNodeAttributes(new Uint8Array(12).fill(255), fail)).toThrow(/more than ten bytes/);
  });

  it('are needed to know what a list holds', () => {
    const file = runningSum();
    const [main] = file.subgraphs;
    const operators = main?.operators.map((each) => ({ ...each, customOptions: undefined }));
    const changed = [{ ...main, operators } as Subgraph, ...file.subgraphs.slice(1)];
    const error = thrown(() => read({ ...file, subgraphs: changed }));
    expect(error).toBeInstanceOf(MlctlError);
    expect(error).toMatchObject({ code: 'MODEL_DAMAGED' });
  });
});

function thrown(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
