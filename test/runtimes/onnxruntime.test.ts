import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { int } from '../../src/graph/attribute.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { type DType, dtypes } from '../../src/graph/dtype.ts';
import type { Model } from '../../src/graph/model.ts';
import { float32, int64, type Tensor } from '../../src/graph/tensor.ts';
import onnxruntime, { evaluateGraph, openGraph } from '../../src/runtimes/onnxruntime.ts';
import type { Feeds } from '../../src/runtimes/session.ts';

const mlp = fileURLToPath(new URL('../../fixtures/formats/onnx/mlp.onnx', import.meta.url));
const producer = { name: 'test', version: '1' };

function identity(dtype: DType): Model {
  const b = new GraphBuilder('identity');
  b.output('y', b.input('x', dtype, ['n', 2]), dtype, ['n', 2]);
  return b.model(producer);
}

const samples: Partial<Record<DType, Tensor['data']>> = {
  float32: Float32Array.of(1.5, -0, Number.NaN, Number.POSITIVE_INFINITY),
  float64: Float64Array.of(Math.PI, -1e300, 5e-324, 0),
  float16: Uint16Array.of(0x3c00, 0x7c00, 0x8001, 0xfbff),
  int8: Int8Array.of(-128, 127, 0, -1),
  int16: Int16Array.of(-32768, 32767, 0, -1),
  int32: Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 0, -1),
  int64: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n + 1n, -1n),
  uint8: Uint8Array.of(0, 255, 1, 128),
  uint16: Uint16Array.of(0, 65535, 1, 2),
  uint32: Uint32Array.of(0, 2 ** 32 - 1, 1, 2),
  uint64: BigUint64Array.of(0n, 2n ** 64n - 1n, 1n, 2n ** 63n),
  bool: Uint8Array.of(0, 1, 1, 0),
  string: ['', 'žluťoučký', '猫', '\u{1f600}'],
};

test.each(Object.entries(samples))('%s goes in and comes out unchanged', async (dtype, data) => {
  const session = await openGraph(identity(dtype as DType));
  const { y } = await session.run({ x: { dtype: dtype as DType, dims: [2, 2], data } });
  await session.release();
  expect(y).toEqual({ dtype, dims: [2, 2], data });
});

test.each([
  ['int4', 22],
  ['uint4', 21],
] as const)('%s is refused in both directions, not fatal', async (dtype, code) => {
  const narrowing = new GraphBuilder('narrow');
  const narrowed = narrowing.add('Cast', [narrowing.input('x', 'float32', [4])], {
    attributes: { to: int(code) },
  });
  narrowing.output('y', narrowed, dtype, [4]);
  narrowing.graph.nodes.splice(1); // no kernel copies these, so the Cast itself makes the output
  narrowing.graph.outputs = [narrowed];
  narrowing.graph.types.set(narrowed, { kind: 'tensor', dtype, shape: [4] });
  const narrow = await openGraph(narrowing.model(producer));
  await expect(narrow.run({ x: float32([4], [1, 2, 3, 4]) })).rejects.toMatchObject({
    code: 'RUNTIME_FAILED',
  });

  const widening = new GraphBuilder('widen');
  const wide = widening.add('Cast', [widening.input('x', dtype, [2, 2])], { attributes: { to: int(1) } });
  widening.output('y', wide, 'float32', [2, 2]);
  const widen = await openGraph(widening.model(producer));
  const x = { dtype, dims: [2, 2], data: Uint8Array.of(0x21, 0x43) };
  await expect(widen.run({ x })).rejects.toMatchObject({ code: 'FEED_INVALID' });
});

test.each(['bfloat16', 'float8e4m3fn', 'float8e5m2'] as const)('%s is refused by name', async (dtype) => {
  const opening = openGraph(identity(dtype));
  await expect(opening).rejects.toMatchObject({ code: 'RUNTIME_FAILED' });
  await expect(opening).rejects.toThrow(dtype);
});

test('every dtype is covered by one of the tests above or has no kernel', () => {
  const elsewhere = ['int4', 'uint4', 'bfloat16', 'float8e4m3fn', 'float8e5m2'];
  const noKernel = [
    'float8e4m3fnuz',
    'float8e5m2fnuz',
    'float8e8m0',
    'float4e2m1',
    'int2',
    'uint2',
    'complex64',
    'complex128',
  ];
  expect([...Object.keys(samples), ...elsewhere, ...noKernel].sort()).toEqual(Object.keys(dtypes).sort());
});

test('opens a file and bytes, and tells open axes by their symbol', async () => {
  for (const source of [
    { format: 'onnx', path: mlp },
    { format: 'onnx', bytes: new Uint8Array(readFileSync(mlp)) },
  ]) {
    const session = await onnxruntime.open(source);
    expect(session.inputs).toEqual([{ name: 'x', dtype: 'float32', shape: ['batch', 4] }]);
    expect(session.outputs).toEqual([{ name: 'y', dtype: 'float32', shape: ['batch', 3] }]);
    const { y } = await session.run({ x: float32([2, 4], [1, 2, 3, 4, 5, 6, 7, 8]) });
    expect(y?.dims).toEqual([2, 3]);
    await session.release();
  }
});

test.each<[string, Feeds, RegExp]>([
  [
    'an unknown name',
    { z: float32([1, 4], [1, 2, 3, 4]) },
    /input z: the model has no input of this name; it takes x/,
  ],
  ['nothing', {}, /input x: no tensor/],
  ['another dtype', { x: int64([1, 2, 3, 4]) }, /input x: it takes float32, int64 was given/],
  ['another rank', { x: float32([4], [1, 2, 3, 4]) }, /it takes shape \[batch,4\], \[4\] was given/],
  ['another length of a fixed axis', { x: float32([1, 3], [1, 2, 3]) }, /axis 1 must be 4/],
  ['too little data', { x: float32([2, 4], [1, 2, 3, 4]) }, /takes 32 bytes, 16 were given/],
  ['a negative length', { x: float32([-1, 4], []) }, /is not a shape/],
  [
    'another kind of array',
    { x: { dtype: 'float32', dims: [1, 4], data: Int32Array.of(1, 2, 3, 4) } },
    /Float32Array/,
  ],
])('refuses %s before it runs', async (_, feeds, message) => {
  const session = await onnxruntime.open({ format: 'onnx', path: mlp });
  const running = session.run(feeds);
  await expect(running).rejects.toMatchObject({ code: 'FEED_INVALID' });
  await expect(running).rejects.toThrow(message);
  await session.release();
});

test('results outlive the session, and a released session says so', async () => {
  const session = await onnxruntime.open({ format: 'onnx', path: mlp });
  const feeds = { x: float32([1, 4], [1, 2, 3, 4]) };
  const { y } = await session.run(feeds);
  const copy = Float32Array.from(y?.data as Float32Array);
  for (let n = 0; n < 20; n++) await session.run({ x: float32([1, 4], [n, n, n, n]) });
  await session.release();
  await session.release();
  expect(y?.data).toEqual(copy);
  await expect(session.run(feeds)).rejects.toMatchObject({ code: 'RUNTIME_FAILED' });
});

test('takes memory shared between threads and views into larger arrays', async () => {
  const session = await openGraph(identity('float32'));
  const shared = new Float32Array(new SharedArrayBuffer(32), 8, 4);
  shared.set([1, 2, 3, 4]);
  const { y } = await session.run({ x: { dtype: 'float32', dims: [2, 2], data: shared } });
  expect(y?.data).toEqual(Float32Array.of(1, 2, 3, 4));
  const view = Float32Array.of(0, 0, 5, 6, 7, 8, 0).subarray(2, 6);
  const second = await session.run({ x: float32([2, 2], view) });
  expect(second.y?.data).toEqual(Float32Array.of(5, 6, 7, 8));
  const empty = await session.run({ x: float32([0, 2], []) });
  expect(empty.y?.dims).toEqual([0, 2]);
  await session.release();
});

test('gives only the outputs asked for, and names the others when one does not exist', async () => {
  const b = new GraphBuilder('two');
  const x = b.input('x', 'float32', [2]);
  b.output('double', b.add('Add', [x, x]), 'float32', [2]);
  b.output('square', b.add('Mul', [x, x]), 'float32', [2]);
  const session = await openGraph(b.model(producer));
  const feeds = { x: float32([2], [3, 4]) };
  expect(Object.keys(await session.run(feeds))).toEqual(['double', 'square']);
  expect(Object.keys(await session.run(feeds, ['square']))).toEqual(['square']);
  await expect(session.run(feeds, ['cube'])).rejects.toThrow(/no output cube; it has double, square/);
  await session.release();
});

test('outputs that are sequences are left out, and refused when asked for', async () => {
  const b = new GraphBuilder('sequence');
  const x = b.input('x', 'float32', [2]);
  b.output('y', x, 'float32', [2]);
  const [list = ''] = b.addAll('SequenceConstruct', [x, x], 1, { outputs: ['list'] });
  b.graph.outputs.push(list);
  b.graph.types.set(list, { kind: 'sequence', element: { kind: 'tensor', dtype: 'float32', shape: [2] } });
  const session = await openGraph(b.model(producer));
  const feeds = { x: float32([2], [3, 4]) };
  expect(Object.keys(await session.run(feeds))).toEqual(['y']);
  await expect(session.run(feeds, ['list'])).rejects.toThrow(/output list is a sequence/);
  await session.release();
});

test('evaluates a graph without inputs', async () => {
  const b = new GraphBuilder('constant');
  const sum = b.add('Add', [b.ints('a', [1, 2]), b.ints('b', [10, 20])]);
  b.output('sum', sum, 'int64', [2]);
  expect(await evaluateGraph(b.model(producer))).toEqual(
    new Map([['sum', { dtype: 'int64', dims: [2], data: BigInt64Array.of(11n, 22n) }]]),
  );
});

test('a model that cannot be loaded or run is an error of ours', async () => {
  const bytes = new TextEncoder().encode('not a model at all');
  await expect(onnxruntime.open({ format: 'onnx', bytes })).rejects.toMatchObject({ code: 'MODEL_DAMAGED' });
  await expect(onnxruntime.open({ format: 'onnx', path: `${mlp}.nowhere` })).rejects.toMatchObject({
    code: 'FILE_NOT_FOUND',
  });
  const b = new GraphBuilder('unknown');
  b.output('y', b.add('NoSuchOp', [b.input('x', 'float32', [1])]), 'float32', [1]);
  await expect(openGraph(b.model(producer))).rejects.toMatchObject({ code: 'RUNTIME_FAILED' });
  const g = new GraphBuilder('gather');
  const picked = g.add('Gather', [g.constant('table', float32([2], [1, 2])), g.input('at', 'int64', [1])]);
  g.output('y', picked, 'float32', [1]);
  const session = await openGraph(g.model(producer));
  await expect(session.run({ at: int64([7]) })).rejects.toMatchObject({ code: 'RUNTIME_FAILED' });
  await session.release();
});

test('weights outside the folder of the model are refused under the name of that fault', async () => {
  const path = fileURLToPath(new URL('../../fixtures/formats/onnx/external/parent.onnx', import.meta.url));
  await expect(onnxruntime.open({ format: 'onnx', path })).rejects.toMatchObject({
    code: 'EXTERNAL_DATA_OUTSIDE',
  });
});

test('tells its version and switches telemetry off before it loads', async () => {
  expect(await onnxruntime.probe()).toEqual({ version: expect.stringMatching(/^1\./) });
  expect(process.env.ORT_DISABLE_TELEMETRY).toBe('1');
});
