// Operators that are said in others, beyond what the ONNX project's own tests look at.

import { describe, expect, test } from 'vitest';
import { preflight } from '../../../src/formats/tflite/write.ts';
import { int } from '../../../src/graph/attribute.ts';
import { GraphBuilder } from '../../../src/graph/builder.ts';
import { float32, int64, type Tensor } from '../../../src/graph/tensor.ts';
import { agrees, modelOf, numbers } from './agrees.ts';
import { context, runFile, write } from './write-run.ts';

const int32 = (...values: number[]): Tensor => ({
  dtype: 'int32',
  dims: [values.length],
  data: Int32Array.from(values),
});
const uint32 = (...values: number[]): Tensor => ({
  dtype: 'uint32',
  dims: [values.length],
  data: Uint32Array.from(values),
});

describe('bits', () => {
  const [low, high] = [-(2 ** 31), 2 ** 31 - 1];
  const feeds = {
    x: int32(low, high, -1, 0, 123456789, -987654321),
    y: int32(-1, low, high, 5, -77777, 65536),
  };
  test.each(['BitwiseAnd', 'BitwiseOr', 'BitwiseXor'])('%s of the largest and smallest', async (opType) => {
    await agrees({ opType, feeds }, 0);
  });
  const large = { x: uint32(2 ** 32 - 1, 2 ** 31, 1, 3), y: uint32(2 ** 31 + 1, 2 ** 32 - 1, 7, 0) };
  test.each(['BitwiseAnd', 'BitwiseOr'])('%s without a sign', async (opType) => {
    await agrees({ opType, feeds: large }, 0);
  });

  const [least, most] = [-(2n ** 63n), 2n ** 63n - 1n];
  const int64s = (...values: bigint[]): Tensor => ({
    dtype: 'int64',
    dims: [values.length],
    data: BigInt64Array.from(values),
  });
  const long = { x: int64s(least, most, -1n, 2n ** 40n + 5n), y: int64s(-1n, least, most, 2n ** 32n - 2n) };
  test.each(['BitwiseAnd', 'BitwiseOr', 'BitwiseXor'])('%s of 64 bits', async (opType) => {
    await agrees({ opType, feeds: long }, 0);
  });

  test('BitwiseNot of 64 bits', async () => {
    await agrees({ opType: 'BitwiseNot', feeds: { x: long.x } }, 0);
  });

  const uint64s = (...values: bigint[]): Tensor => ({
    dtype: 'uint64',
    dims: [values.length],
    data: BigUint64Array.from(values),
  });
  const beyond = { x: uint64s(2n ** 64n - 1n, 5n, 2n ** 63n), y: uint64s(1n, 2n ** 64n - 2n, 2n ** 63n) };
  test.each(['Add', 'Sub', 'Mul', 'Max', 'Min', 'Less', 'GreaterOrEqual', 'Equal'])(
    '%s of numbers that int64 does not hold',
    async (opType) => {
      await agrees({ opType, feeds: beyond }, 0);
    },
  );

  test.each(['LEFT', 'RIGHT'])('shifts to the %s by none and by all but one', async (direction) => {
    const shifted = { x: uint32(2 ** 32 - 1, 2 ** 32 - 1, 5, 2 ** 31), y: uint32(0, 31, 3, 1) };
    await agrees({ opType: 'BitShift', feeds: shifted, attributes: { direction } }, 0);
  });
});

describe('scatters that reduce', () => {
  const nothing = float32([3, 2], [Number.NEGATIVE_INFINITY, 1, 2, Number.NEGATIVE_INFINITY, -5, 0]);
  const indices = { ...int64([0, -1, 0, 0, 2, -1]), dims: [3, 2] };
  test.each(['max', 'min', 'mul'])('%s: elements at equal places and from the end', async (reduction) => {
    const attributes = { axis: 0, reduction };
    await agrees({
      opType: 'ScatterElements',
      feeds: { x: nothing, indices, updates: numbers(3, 2) },
      attributes,
    });
  });

  test.each(['max', 'min', 'mul'])('%s: rows', async (reduction) => {
    const places = { ...int64([0, 1, -1, 0, 0, 1]), dims: [3, 2] };
    const feeds = { x: numbers(2, 3, 4), indices: places, updates: numbers(3, 4) };
    await agrees({ opType: 'ScatterND', feeds, attributes: { reduction } });
  });

  test('one that would compare too many is refused', async () => {
    const feeds = { x: numbers(4096, 8), indices: { ...int64(new Array(32768).fill(0)), dims: [4096, 8] } };
    const model = modelOf({
      opType: 'ScatterElements',
      feeds: { ...feeds, updates: numbers(4096, 8) },
      attributes: { reduction: 'max' },
    });
    const [refused] = await preflight(model, context);
    expect(refused?.reason).toContain('134217728 elements');
  });
});

test('padding that wraps around', async () => {
  const attributes = { mode: 'wrap' };
  await agrees({ opType: 'Pad', feeds: { x: numbers(2, 3) }, constants: [int64([0, 2, 1, 3])], attributes });
});

describe('Einsum', () => {
  test.each([
    ['the sum of a diagonal', 'ii', [[4, 4]]],
    ['diagonals of matrices', '...ii->...i', [[2, 3, 4, 4]]],
    ['a diagonal of three axes', 'iaii->ai', [[3, 2, 3, 3]]],
    [
      'products of stacks of matrices',
      '...ij,...jk->...ik',
      [
        [2, 3, 4, 5],
        [2, 3, 5, 6],
      ],
    ],
    [
      'a diagonal times rows',
      'bii,ij->bj',
      [
        [2, 3, 3],
        [3, 4],
      ],
    ],
  ] as const)('%s', async (_, equation, shapes) => {
    const feeds = Object.fromEntries(shapes.map((dims, index) => [`x${index}`, numbers(...dims)]));
    await agrees({ opType: 'Einsum', feeds, attributes: { equation } });
  });
});

test('determinants of stacks of matrices', async () => {
  await agrees({ opType: 'Det', feeds: { x: numbers(2, 4, 3, 3) } });
});

test('BatchNormalization in training', async () => {
  const constants = [numbers(3), numbers(3), numbers(3), numbers(3)];
  const attributes = { training_mode: 1, momentum: 0.75 };
  const feeds = { x: numbers(4, 3, 5, 6) };
  await agrees({ opType: 'BatchNormalization', feeds, constants, attributes, outputs: 3 });
});

test('Compress by a condition that is an input', async () => {
  const b = new GraphBuilder('chosen');
  const [x, condition] = [b.input('x', 'float32', [2, 3]), b.input('condition', 'bool', [3])];
  const chosen = b.add('Compress', [x, condition], { attributes: { axis: int(1) } });
  b.graph.outputs.push(b.add('ReduceSum', [chosen, b.ints('axes', [1])], { outputs: ['y'] }));
  const isChosen: Tensor = { dtype: 'bool', dims: [3], data: Uint8Array.of(1, 0, 1) };
  const feeds = { x: float32([2, 3], [1, 2, 3, 4, 5, 6]), condition: isChosen };
  const { y } = await runFile(await write(b.model({ name: 'test', version: '1' })), feeds);
  expect(y?.data).toEqual(Float32Array.of(4, 10));
});
