// Graphs on codes, as onnxruntime's quantizer writes them, in TFLite: computed on whole numbers where TFLite's kernels
// can, and as onnxruntime has them to a step or two.

import { describe, expect, test } from 'vitest';
import { float, int } from '../../../src/graph/attribute.ts';
import { GraphBuilder } from '../../../src/graph/builder.ts';
import type { DType } from '../../../src/graph/dtype.ts';
import type { Attribute, Model } from '../../../src/graph/model.ts';
import { elementCount, float32, scalar, type Tensor, type TypedArray } from '../../../src/graph/tensor.ts';
import { openGraph } from '../../../src/runtimes/onnxruntime.ts';
import { floatOperators } from './int8-spec.ts';
import { distance, operators, runFile, write } from './write-run.ts';

type Coded = 'int8' | 'uint8' | 'int16';
type Scale = { readonly type: Coded; readonly scale: number | readonly number[]; readonly zero: number };

const arrays = { int8: Int8Array, uint8: Uint8Array, int16: Int16Array } as const;
const limits = { int8: [-128, 127], uint8: [0, 255], int16: [-32768, 32767] } as const;

function filled(type: Coded, length: number, value: () => number): TypedArray {
  const data = new arrays[type](length);
  for (let at = 0; at < length; at++) data[at] = value();
  return data;
}

let state = 7;
function random(): number {
  state = (state * 1103515245 + 12345) % 2 ** 31;
  return state / 2 ** 31;
}

/** Codes of any size, or between these. */
function codes(
  type: Coded,
  dims: readonly number[],
  from: number = limits[type][0],
  to: number = limits[type][1],
): Tensor {
  const length = elementCount(dims);
  return {
    dtype: type,
    dims,
    data: filled(type, length, () => Math.round(from + random() * (to - from))),
  };
}

class Graph {
  readonly b = new GraphBuilder('codes');
  readonly feeds: Record<string, Tensor> = {};

  input(tensor: Tensor): string {
    const name = this.b.input(`x${Object.keys(this.feeds).length}`, tensor.dtype, tensor.dims);
    this.feeds[name] = tensor;
    return name;
  }

  #scales({ type, scale, zero }: Scale): string[] {
    const list = typeof scale === 'number' ? [scale] : scale;
    const dims = typeof scale === 'number' ? [] : [list.length];
    const data = filled(type, list.length, () => zero);
    return [
      this.b.constant('scale', float32(dims, list)),
      this.b.constant('zero', { dtype: type as DType, dims, data }),
    ];
  }

  real(value: string, scale: Scale, axis = 1): string {
    return this.b.add('DequantizeLinear', [value, ...this.#scales(scale)], {
      attributes: { axis: int(axis) },
    });
  }

  code(value: string, scale: Scale): string {
    return this.b.add('QuantizeLinear', [value, ...this.#scales(scale)]);
  }

  /** What the codes of a constant stand for. */
  weights(tensor: Tensor, scale: Scale, axis = 0): string {
    return this.real(this.b.constant('w', tensor), scale, axis);
  }

  /** Sums in 32 bits at the product of the scales. */
  bias(length: number, of: number, by: number | readonly number[]): string {
    const scales = (typeof by === 'number' ? [by] : by).map((each) => each * of);
    const data = Int32Array.from({ length }, () => Math.round(4000 * (random() - 0.5)));
    const scale = typeof by === 'number' ? scalar(scales[0] ?? 1) : float32([scales.length], scales);
    return this.b.add(
      'DequantizeLinear',
      [this.b.constant('b', { dtype: 'int32', dims: [length], data }), this.b.constant('bs', scale)],
      { attributes: { axis: int(0) } },
    );
  }

  add(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    return this.b.add(opType, inputs, { attributes });
  }

  model(...outputs: string[]): Model {
    this.b.graph.outputs.push(...outputs);
    return this.b.model({ name: 'test', version: '1' });
  }

  constants(...values: Scale[]): string[] {
    return values.flatMap((value) => this.#scales(value));
  }
}

/** Writes and runs it; all are the same code but one in a hundred, and none is more than two off. */
async function check(graph: Graph, ...outputs: string[]) {
  const model = graph.model(...outputs);
  const session = await openGraph(model, { optimize: false });
  const wanted = await session.run(graph.feeds);
  await session.release();
  const file = await write(model);
  const got = await runFile(file, graph.feeds);
  for (const name of model.graph.outputs) {
    const [a, b] = [wanted[name], got[name]];
    expect(b?.dtype).toBe(a?.dtype);
    const left = Array.from((a?.data ?? []) as ArrayLike<number>);
    const apart = left.map((code, at) => Math.abs(code - Number(b?.data[at])));
    expect(new Set(left).size).toBeGreaterThan(Math.min(4, left.length - 1));
    expect(Math.max(...apart)).toBeLessThanOrEqual(2);
    expect(apart.filter((each) => each > 1).length).toBeLessThanOrEqual(apart.length / 100);
  }
  return { made: operators(file), floats: floatOperators(file) };
}

const unsigned: Scale = { type: 'uint8', scale: 0.02, zero: 120 };
const signed: Scale = { type: 'int8', scale: 0.02, zero: -8 };
const wide: Scale = { type: 'int16', scale: 0.0001, zero: 0 };
const made: Scale = { type: 'uint8', scale: 0.05, zero: 110 };
const perChannel = [0.01, 0.012, 0.008, 0.011, 0.009, 0.01];

/** Data, weights and what they give: what the kernel has, and whether it is one on whole numbers. */
const pairs: readonly [name: string, data: Scale, weights: Scale, out: Scale, isWhole: boolean][] = [
  [
    'unsigned, weights signed for each channel',
    unsigned,
    { type: 'int8', scale: perChannel, zero: 0 },
    made,
    true,
  ],
  ['unsigned, weights signed', unsigned, { type: 'int8', scale: 0.01, zero: 0 }, made, true],
  ['unsigned, weights unsigned around 128', unsigned, { type: 'uint8', scale: 0.01, zero: 128 }, made, true],
  ['unsigned, weights unsigned around 100', unsigned, { type: 'uint8', scale: 0.01, zero: 100 }, made, true],
  ['signed', signed, { type: 'int8', scale: perChannel, zero: 0 }, { ...made, type: 'int8', zero: 3 }, true],
  [
    'signed, weights not around 0',
    signed,
    { type: 'int8', scale: 0.01, zero: 5 },
    { ...signed, scale: 0.05 },
    false,
  ],
  ['of 16 bits', wide, { type: 'int8', scale: perChannel, zero: 0 }, { ...wide, scale: 0.0002 }, true],
  ['signed, and unsigned results', signed, { type: 'int8', scale: 0.01, zero: 0 }, made, false],
];

describe.each(pairs)('%s', (_, data, weights, out, isWhole) => {
  const [from, to] = weights.type === 'int8' ? [-127, 127] : [1, 255];
  const at = (dims: readonly number[]) => codes(weights.type, dims, from, to);

  test('Conv, Relu', async () => {
    const g = new Graph();
    const x = g.real(g.input(codes(data.type, [1, 4, 7, 7])), data);
    const bias = g.bias(6, Number(data.scale), weights.scale);
    const conv = g.add('Conv', [x, g.weights(at([6, 4, 3, 3]), weights), bias], { pads: int([1, 1, 1, 1]) });
    const { made, floats } = await check(g, g.code(g.add('Relu', [conv]), out));
    expect(made).toContain('CONV_2D');
    expect(floats.length === 0).toBe(isWhole);
  });

  test('depthwise', async () => {
    const g = new Graph();
    const x = g.real(g.input(codes(data.type, [1, 6, 7, 7])), data);
    const conv = g.add('Conv', [x, g.weights(at([6, 1, 3, 3]), weights)], { group: int(6) });
    const { made, floats } = await check(g, g.code(conv, out));
    expect(made).toContain('DEPTHWISE_CONV_2D');
    expect(floats.length === 0).toBe(isWhole);
  });

  test('Gemm', async () => {
    const g = new Graph();
    const x = g.real(g.input(codes(data.type, [3, 20])), data);
    const bias = g.bias(6, Number(data.scale), weights.scale);
    const gemm = g.add('Gemm', [x, g.weights(at([6, 20]), weights), bias], { transB: int(1) });
    const { made, floats } = await check(g, g.code(gemm, out));
    expect(made).toContain('FULLY_CONNECTED');
    expect(floats.length === 0).toBe(isWhole);
  });
});

type Step = (g: Graph, x: string, y: string) => string;
const steps: readonly [name: string, step: Step, out: Scale, isWhole: boolean][] = [
  ['Add', (g, x, y) => g.add('Add', [x, y]), made, true],
  ['Mul', (g, x, y) => g.add('Mul', [x, y]), made, true],
  ['Concat', (g, x, y) => g.add('Concat', [x, y], { axis: int(1) }), made, true],
  ['Max', (g, x, y) => g.add('Max', [x, y]), made, true],
  ['MaxPool', (g, x) => g.add('MaxPool', [x], { kernel_shape: int([2, 2]) }), unsigned, true],
  ['MaxPool at another scale', (g, x) => g.add('MaxPool', [x], { kernel_shape: int([2, 2]) }), made, true],
  ['AveragePool', (g, x) => g.add('AveragePool', [x], { kernel_shape: int([2, 2]) }), unsigned, true],
  [
    'AveragePool at another scale',
    (g, x) => g.add('AveragePool', [x], { kernel_shape: int([2, 2]) }),
    made,
    false,
  ],
  ['GlobalAveragePool', (g, x) => g.add('GlobalAveragePool', [x]), { ...unsigned, scale: 0.004 }, true],
  ['Transpose', (g, x) => g.add('Transpose', [x], { perm: int([0, 2, 1, 3]) }), made, true],
  ['Sigmoid', (g, x) => g.add('Sigmoid', [x]), { type: 'uint8', scale: 1 / 256, zero: 0 }, true],
  [
    'Sigmoid at another scale',
    (g, x) => g.add('Sigmoid', [x]),
    { type: 'uint8', scale: 1 / 255, zero: 0 },
    false,
  ],
  [
    'Softmax',
    (g, x) => g.add('Softmax', [x], { axis: int(-1) }),
    { type: 'uint8', scale: 1 / 256, zero: 0 },
    true,
  ],
  [
    'Softmax at another scale',
    (g, x) => g.add('Softmax', [x], { axis: int(-1) }),
    { ...unsigned, scale: 0.003 },
    false,
  ],
  ['LeakyRelu', (g, x) => g.add('LeakyRelu', [x], { alpha: float(0.1) }), made, true],
  ['MatMul of two', (g, x, y) => g.add('MatMul', [x, y]), { ...made, scale: 0.3 }, true],
];

test.each(steps)('unsigned codes: %s', async (_, step, out, isWhole) => {
  const g = new Graph();
  const dims = [1, 4, 6, 6];
  const x = g.real(g.input(codes('uint8', dims)), unsigned);
  const y = g.real(g.input(codes('uint8', dims)), { ...unsigned, scale: 0.03 });
  const { floats } = await check(g, g.code(step(g, x, y), out));
  expect(floats.length === 0).toBe(isWhole);
});

/** Scales as inputs, as the operators of their own have them: a value, its scale and its zero point. */
const own: readonly [
  opType: string,
  make: (g: Graph, x: string, y: string) => string[],
  Record<string, Attribute>,
  boolean,
][] = [
  ['QLinearAdd', (g, x, y) => [x, ...g.constants(unsigned), y, ...g.constants(unsigned, made)], {}, true],
  ['QLinearMul', (g, x, y) => [x, ...g.constants(unsigned), y, ...g.constants(unsigned, made)], {}, true],
  [
    'QLinearSigmoid',
    (g, x) => [x, ...g.constants(unsigned, { ...unsigned, scale: 1 / 256, zero: 0 })],
    {},
    true,
  ],
  ['QLinearLeakyRelu', (g, x) => [x, ...g.constants(unsigned, made)], { alpha: float(0.2) }, true],
  [
    'QLinearGlobalAveragePool',
    (g, x) => [x, ...g.constants(unsigned, { ...unsigned, scale: 0.004 })],
    {},
    true,
  ],
  [
    'QLinearAveragePool',
    (g, x) => [x, ...g.constants(unsigned, unsigned)],
    { kernel_shape: int([2, 2]) },
    true,
  ],
  [
    'QLinearConcat',
    (g, x, y) => [...g.constants(made), x, ...g.constants(unsigned), y, ...g.constants(made)],
    { axis: int(1) },
    true,
  ],
  [
    'QLinearSoftmax',
    (g, x) => [x, ...g.constants(unsigned, { ...unsigned, scale: 1 / 256, zero: 0 })],
    { axis: int(-1), opset: int(13) },
    true,
  ],
];

test.each(own)('%s', async (opType, make, attributes, isWhole) => {
  const g = new Graph();
  const [x, y] = [g.input(codes('uint8', [1, 4, 6, 6])), g.input(codes('uint8', [1, 4, 6, 6]))];
  const output = g.b.add(opType, make(g, x, y), { domain: 'com.microsoft', attributes });
  g.b.graph.types.set(output, { kind: 'tensor', dtype: 'uint8', shape: undefined });
  const { floats } = await check(g, output);
  expect(floats.length === 0).toBe(isWhole);
});

test('QLinearConv between codes of two layers', async () => {
  const g = new Graph();
  const weights: Scale = { type: 'int8', scale: perChannel, zero: 0 };
  const conv = (x: string, dims: readonly number[], from: Scale, to: Scale) => {
    const kernel = g.b.constant('w', codes('int8', dims, -127, 127));
    const bias = g.b.constant('b', {
      dtype: 'int32',
      dims: [6],
      data: Int32Array.from([90, -80, 70, 0, 500, -900]),
    });
    const [ws, wz, xs, xz, ys, yz] = g.constants(weights, from, to);
    return g.add(
      'QLinearConv',
      [x, xs, xz, kernel, ws, wz, ys, yz, bias].map((each) => each ?? ''),
    );
  };
  const first = conv(g.input(codes('uint8', [1, 3, 8, 8])), [6, 3, 3, 3], unsigned, made);
  const { made: file } = await check(g, conv(first, [6, 6, 3, 3], made, { ...made, scale: 0.2 }));
  const moves = ['TRANSPOSE', 'QUANTIZE'];
  expect(file.filter((opcode) => !moves.includes(opcode))).toEqual(['CONV_2D', 'CONV_2D']);
});

/** As close as real numbers are. */
async function checkReal(graph: Graph, output: string): Promise<string[]> {
  const model = graph.model(output);
  const session = await openGraph(model, { optimize: false });
  const wanted = await session.run(graph.feeds);
  await session.release();
  const file = await write(model);
  const got = await runFile(file, graph.feeds);
  for (const [name, tensor] of Object.entries(wanted)) expect(distance(tensor, got[name])).toBeLessThan(1e-5);
  return operators(file);
}

const row = (length: number) =>
  float32(
    [1, length],
    Array.from({ length }, () => 2 * random() - 1),
  );
const matrix = () => codes('int8', [20, 6], -127, 127);
const columns: Scale = { type: 'int8', scale: perChannel, zero: 0 };

describe('real numbers', () => {
  test('a product of codes that gives them computes in them', async () => {
    const g = new Graph();
    const x = g.real(g.input(codes('uint8', [3, 20])), unsigned);
    await checkReal(g, g.add('MatMul', [x, g.weights(matrix(), columns, 1)]));
  });

  test.each(['MatMulInteger', 'DynamicQuantizeMatMul'])(
    'a row quantized as it comes, by %s',
    async (opType) => {
      const g = new Graph();
      const x = g.input(row(20));
      const weights = g.b.constant('w', matrix());
      const scale = g.b.constant('ws', float32([6], perChannel));
      const product = () => {
        const [data = '', own = '', zero = ''] = g.b.addAll('DynamicQuantizeLinear', [x], 3);
        const sums = g.add('Cast', [g.add('MatMulInteger', [data, weights, zero])], { to: int(1) });
        return g.add('Mul', [sums, g.add('Mul', [own, scale])]);
      };
      const isPlain = opType === 'MatMulInteger';
      const output = isPlain ? product() : g.b.add(opType, [x, weights, scale], { domain: 'com.microsoft' });
      expect(await checkReal(g, output)).toEqual(['FULLY_CONNECTED']);
    },
  );

  test('MatMulIntegerToFloat', async () => {
    const g = new Graph();
    const [scale = '', zero = ''] = g.constants(unsigned);
    const weights = g.b.constant('w', matrix());
    const inputs = [
      g.input(codes('uint8', [3, 20])),
      weights,
      scale,
      g.b.constant('ws', float32([6], perChannel)),
      zero,
    ];
    await checkReal(g, g.b.add('MatMulIntegerToFloat', inputs, { domain: 'com.microsoft' }));
  });

  test('QGemm, with a bias at alpha times the scales', async () => {
    const g = new Graph();
    const bias = g.b.constant('b', {
      dtype: 'int32',
      dims: [6],
      data: Int32Array.from([1, 2, 300, -400, 5, 6]),
    });
    const weights = g.b.constant('w', matrix());
    const inputs = [
      g.input(codes('uint8', [3, 20])),
      ...g.constants(unsigned),
      weights,
      ...g.constants({ ...columns, scale: 0.01 }),
      bias,
    ];
    await checkReal(
      g,
      g.b.add('QGemm', inputs, { domain: 'com.microsoft', attributes: { alpha: float(0.5) } }),
    );
  });

  test.each(['int4', 'uint4', 'int8'] as const)(
    'weights of %s, with a scale for each block',
    async (dtype) => {
      const g = new Graph();
      const bytes = codes('uint8', [dtype === 'int8' ? 48 : 24]).data as Uint8Array;
      const data = dtype === 'int8' ? Int8Array.from(bytes) : bytes;
      const weights = g.b.constant('w', { dtype, dims: [8, 6], data });
      const scale = g.b.constant(
        'ws',
        float32(
          [3, 6],
          Array.from({ length: 18 }, (_, at) => 0.01 * (at + 1)),
        ),
      );
      const attributes = { axis: int(0), block_size: int(3) };
      const real = g.add('DequantizeLinear', [weights, scale], attributes);
      expect(await checkReal(g, g.add('MatMul', [g.input(row(8)), real]))).toEqual(['FULLY_CONNECTED']);
    },
  );
});
