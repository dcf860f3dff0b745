// Small graphs of each family, written as TFLite: LiteRT gives what onnxruntime gives for the graph.

import { describe, expect, test } from 'vitest';
import { preflight } from '../../../src/formats/tflite/write.ts';
import { float, int, string } from '../../../src/graph/attribute.ts';
import { GraphBuilder } from '../../../src/graph/builder.ts';
import type { Attribute, Model } from '../../../src/graph/model.ts';
import { elementCount, float32, int64, scalar, type Tensor } from '../../../src/graph/tensor.ts';
import { openGraph } from '../../../src/runtimes/onnxruntime.ts';
import { context, distance, operators, runFile, write } from './write-run.ts';

type Case = {
  readonly name: string;
  readonly input: readonly number[];
  /** Constants after the first input. */
  readonly constants?: readonly Tensor[];
  readonly opType: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Operators of the file; not checked when absent. */
  readonly expected?: readonly string[];
};

let state = 1;
function random(): number {
  state = (state * 1103515245 + 12345) % 2 ** 31;
  return state / 2 ** 30 - 1;
}

function numbers(...dims: number[]): Tensor {
  return float32(dims, Array.from({ length: elementCount(dims) }, random));
}

function modelOf({ input, constants = [], opType, attributes = {} }: Case, inner?: string): Model {
  const b = new GraphBuilder('one');
  const x = b.input('x', 'float32', input);
  const inputs = constants.map((tensor, index) => b.constant(`c${index}`, tensor));
  const made = b.add(opType, [x, ...inputs], { attributes });
  b.graph.outputs.push(inner === undefined ? made : b.add(inner, [made], {}));
  return b.model({ name: 'test', version: '1' });
}

async function check(model: Model, feeds: Record<string, Tensor>, limit = 1e-5): Promise<string[]> {
  const session = await openGraph(model, { optimize: false });
  const wanted = await session.run(feeds);
  await session.release();
  const file = await write(model);
  const got = await runFile(file, feeds);
  for (const [name, tensor] of Object.entries(wanted))
    expect(distance(tensor, got[name])).toBeLessThan(limit);
  return operators(file);
}

const pads = (...list: number[]) => ({ pads: int(list) });
const cases: readonly Case[] = [
  {
    name: 'a convolution of one step, a product of the last axis',
    opType: 'Conv',
    input: [2, 3, 8],
    constants: [numbers(4, 3, 1), numbers(4)],
    expected: ['TRANSPOSE', 'FULLY_CONNECTED', 'TRANSPOSE'],
  },
  {
    name: 'a convolution padded as SAME',
    opType: 'Conv',
    input: [1, 3, 8, 8],
    constants: [numbers(4, 3, 3, 3), numbers(4)],
    attributes: pads(1, 1, 1, 1),
    expected: ['TRANSPOSE', 'CONV_2D', 'TRANSPOSE'],
  },
  {
    name: 'a strided convolution padded as PyTorch does',
    opType: 'Conv',
    input: [1, 3, 8, 8],
    constants: [numbers(4, 3, 3, 3)],
    attributes: { ...pads(1, 1, 1, 1), strides: int([2, 2]) },
    expected: ['TRANSPOSE', 'PAD', 'CONV_2D', 'TRANSPOSE'],
  },
  {
    name: 'a depthwise convolution with a multiplier',
    opType: 'Conv',
    input: [1, 3, 7, 6],
    constants: [numbers(6, 1, 3, 2)],
    attributes: { group: int(3) },
    expected: ['TRANSPOSE', 'DEPTHWISE_CONV_2D', 'TRANSPOSE'],
  },
  {
    name: 'a grouped convolution',
    opType: 'Conv',
    input: [1, 4, 6, 6],
    constants: [numbers(6, 2, 3, 3)],
    attributes: { group: int(2), dilations: int([2, 1]) },
  },
  {
    name: 'a convolution over one axis',
    opType: 'Conv',
    input: [2, 3, 9],
    constants: [numbers(4, 3, 3)],
    attributes: { strides: int([2]) },
  },
  {
    name: 'a convolution over three axes',
    opType: 'Conv',
    input: [1, 2, 5, 6, 7],
    constants: [numbers(3, 2, 2, 3, 3)],
    attributes: pads(0, 1, 1, 0, 1, 1),
  },
  {
    name: 'a transposed convolution',
    opType: 'ConvTranspose',
    input: [1, 3, 5, 5],
    constants: [numbers(3, 2, 3, 3)],
    attributes: { strides: int([2, 2]), ...pads(1, 1, 1, 1) },
  },
  {
    name: 'a transposed convolution in groups',
    opType: 'ConvTranspose',
    input: [1, 4, 5, 4],
    constants: [numbers(4, 2, 2, 2)],
    attributes: { group: int(2), dilations: int([2, 2]), strides: int([1, 2]) },
  },
  {
    name: 'a maximum over padded windows',
    opType: 'MaxPool',
    input: [1, 2, 7, 7],
    attributes: { kernel_shape: int([3, 3]), strides: int([2, 2]), ...pads(1, 1, 1, 1) },
  },
  {
    name: 'a maximum over windows that end outside',
    opType: 'MaxPool',
    input: [1, 2, 7, 8],
    attributes: { kernel_shape: int([2, 2]), strides: int([2, 2]), ceil_mode: int(1) },
  },
  {
    name: 'an average that leaves padding out',
    opType: 'AveragePool',
    input: [1, 2, 6, 6],
    attributes: { kernel_shape: int([3, 3]), strides: int([2, 2]), ...pads(1, 1, 1, 1) },
  },
  {
    name: 'an average that counts padding',
    opType: 'AveragePool',
    input: [1, 2, 6, 6],
    attributes: { kernel_shape: int([3, 3]), count_include_pad: int(1), ...pads(1, 1, 1, 1) },
  },
  {
    name: 'an average over three axes',
    opType: 'AveragePool',
    input: [1, 2, 4, 5, 6],
    attributes: { kernel_shape: int([2, 2, 2]) },
  },
  { name: 'Softmax over channels', opType: 'Softmax', input: [1, 3, 4, 5], attributes: { axis: int(1) } },
  {
    name: 'LogSoftmax over the middle axis',
    opType: 'LogSoftmax',
    input: [2, 3, 4],
    attributes: { axis: int(1) },
  },
  {
    name: 'DepthToSpace in CRD order',
    opType: 'DepthToSpace',
    input: [1, 8, 2, 3],
    attributes: { blocksize: int(2), mode: string('CRD') },
  },
  {
    name: 'a bilinear resize',
    opType: 'Resize',
    input: [1, 2, 4, 5],
    constants: [float32([0], []), float32([4], [1, 1, 2, 2])],
    attributes: { mode: string('linear') },
    expected: ['TRANSPOSE', 'RESIZE_BILINEAR', 'TRANSPOSE'],
  },
  {
    name: 'a cubic resize, as products',
    opType: 'Resize',
    input: [1, 2, 4, 5],
    constants: [float32([0], []), float32([4], [1, 1, 1.5, 2])],
    attributes: { mode: string('cubic') },
  },
  {
    name: 'a nearest resize TFLite rounds otherwise',
    opType: 'Resize',
    input: [1, 2, 4, 5],
    constants: [float32([0], []), float32([4], [1, 1, 2.5, 2])],
    attributes: { mode: string('nearest'), nearest_mode: string('round_prefer_ceil') },
  },
  {
    name: 'a dense layer',
    opType: 'MatMul',
    input: [3, 4],
    constants: [numbers(4, 5)],
    expected: ['FULLY_CONNECTED'],
  },
  {
    name: 'a dense layer over the last of three axes',
    opType: 'MatMul',
    input: [2, 3, 4],
    constants: [numbers(4, 5)],
    expected: ['FULLY_CONNECTED'],
  },
  {
    name: 'Gemm with scaled and spread operands',
    opType: 'Gemm',
    input: [4, 3],
    constants: [numbers(5, 4), numbers(3, 1)],
    attributes: { transA: int(1), transB: int(1), alpha: float(0.5), beta: float(2) },
  },
  {
    name: 'a slice backwards',
    opType: 'Slice',
    input: [4, 6],
    constants: [int64([-1]), int64([-100]), int64([1]), int64([-2])],
  },
  {
    name: 'a reflected border',
    opType: 'Pad',
    input: [4, 5],
    constants: [int64([1, 2, 0, 1])],
    attributes: { mode: string('reflect') },
  },
  { name: 'a border that cuts', opType: 'Pad', input: [4, 5], constants: [int64([-1, 2, 1, -2]), scalar(3)] },
  {
    name: 'indices from the end',
    opType: 'Gather',
    input: [4, 5],
    constants: [int64([-1, 0])],
    attributes: { axis: int(1) },
  },
  {
    name: 'uneven parts',
    opType: 'Concat',
    input: [2, 3],
    constants: [numbers(2, 2)],
    attributes: { axis: int(-1) },
  },
  {
    name: 'a sum over several axes',
    opType: 'ReduceSum',
    input: [2, 3, 4],
    constants: [int64([0, -1])],
    attributes: { keepdims: int(0) },
  },
  {
    name: 'a mean of many elements',
    opType: 'ReduceMean',
    input: [1, 2, 90, 90],
    constants: [int64([2, 3])],
    expected: ['MEAN', 'MEAN'],
  },
  {
    name: 'layer normalization',
    opType: 'LayerNormalization',
    input: [2, 3, 8],
    constants: [numbers(8), numbers(8)],
  },
  {
    name: 'instance normalization',
    opType: 'InstanceNormalization',
    input: [1, 3, 6, 6],
    constants: [numbers(3), numbers(3)],
  },
  { name: 'Gelu', opType: 'Gelu', input: [3, 7], expected: ['GELU'] },
  ...[
    'Erf',
    'Softplus',
    'Softsign',
    'Mish',
    'Selu',
    'Celu',
    'HardSigmoid',
    'ThresholdedRelu',
    'Elu',
    'HardSwish',
    'Sinh',
    'Atan',
    'Tan',
    'Asinh',
  ].map((opType) => ({ name: opType, opType, input: [3, 50] })),
];

describe('graphs written as TFLite', () => {
  test.each(cases)('$name', async (one) => {
    const used = await check(modelOf(one), { x: numbers(...one.input) });
    if (one.expected) expect(used).toEqual(one.expected);
  });

  test('activations and biases go into the operators before them', async () => {
    const b = new GraphBuilder('fused');
    const x = b.input('x', 'float32', [2, 4]);
    const dense = b.add('MatMul', [x, b.constant('w', numbers(4, 3))]);
    const biased = b.add('Add', [dense, b.constant('b', numbers(3))]);
    const clipped = b.add('Clip', [biased, b.number('low', 0), b.number('high', 6)]);
    b.output('y', b.add('Relu', [b.add('Sub', [clipped, b.number('one', 1)])]), 'float32', [2, 3]);
    const model = b.model({ name: 'test', version: '1' });
    expect(await check(model, { x: numbers(2, 4) })).toEqual(['FULLY_CONNECTED', 'SUB']);
    const { subgraphs } = await write(model);
    const fused = subgraphs[0]?.operators.map(({ options }) => options.fusedActivationFunction);
    expect(fused).toEqual(['RELU6', 'RELU']);
  });

  test('a batch that is open stays open', async () => {
    const b = new GraphBuilder('open');
    const x = b.input('x', 'float32', ['batch', 2, 3]);
    const flat = b.add('Reshape', [x, b.ints('shape', [-1, 6])]);
    b.output('y', b.add('MatMul', [flat, b.constant('w', numbers(6, 2))]), 'float32', ['batch', 2]);
    const file = await write(b.model({ name: 'test', version: '1' }));
    const [input = -1] = file.subgraphs[0]?.inputs ?? [];
    expect(file.subgraphs[0]?.tensors[input]?.shapeSignature).toEqual([-1, 2, 3]);
    for (const rows of [1, 5]) {
      const got = await runFile(file, { x: numbers(rows, 2, 3) });
      expect(got.y?.dims).toEqual([rows, 2]);
    }
    expect(file.signatures[0]?.key).toBe('serving_default');
    expect(file.signatures[0]?.inputs.map(({ name }) => name)).toEqual(['x']);
  });

  test.each(['LSTM', 'GRU', 'RNN'])('%s both ways, as loops', async (opType) => {
    const gates = { LSTM: 4, GRU: 3, RNN: 1 }[opType] ?? 1;
    const b = new GraphBuilder('recurrent');
    const x = b.input('x', 'float32', [5, 2, 3]);
    const weights = [numbers(2, gates * 4, 3), numbers(2, gates * 4, 4), numbers(2, 2 * gates * 4)];
    const inputs = [x, ...weights.map((tensor, index) => b.constant(`w${index}`, tensor))];
    const attributes = { hidden_size: int(4), direction: string('bidirectional') };
    const [y = '', h = ''] = b.addAll(opType, inputs, 2, { attributes });
    b.output('y', y, 'float32', [5, 2, 2, 4]);
    b.output('h', h, 'float32', [2, 2, 4]);
    const used = await check(b.model({ name: 'test', version: '1' }), { x: numbers(5, 2, 3) });
    expect(used).toContain('WHILE');
  });

  test('what is between DequantizeLinear and QuantizeLinear is computed on whole numbers', async () => {
    const b = new GraphBuilder('coded');
    const scale = (value: number) => b.number('scale', value);
    const zero = (dtype: 'int8' | 'int32') =>
      b.constant('zero', { dtype, dims: [], data: dtype === 'int8' ? Int8Array.of(0) : Int32Array.of(0) });
    const both = (value: string, step: number) => {
      const codes = b.add('QuantizeLinear', [value, scale(step), zero('int8')]);
      return b.add('DequantizeLinear', [codes, scale(step), zero('int8')]);
    };
    const x = b.input('x', 'float32', [1, 2, 6, 6]);
    const kernel = Int8Array.from({ length: 3 * 2 * 9 }, (_, at) => ((at * 37) % 255) - 127);
    const codes = b.constant('w', { dtype: 'int8', dims: [3, 2, 3, 3], data: kernel });
    const scales = b.constant('ws', float32([3], [0.01, 0.02, 0.005]));
    const zeros = b.constant('wz', { dtype: 'int8', dims: [3], data: new Int8Array(3) });
    const weights = b.add('DequantizeLinear', [codes, scales, zeros], { attributes: { axis: int(0) } });
    const sums = b.constant('b', { dtype: 'int32', dims: [3], data: Int32Array.of(500, -300, 100) });
    const products = b.constant('bs', float32([3], [0.01 * 0.02, 0.02 * 0.02, 0.005 * 0.02]));
    const none = b.constant('bz', { dtype: 'int32', dims: [3], data: new Int32Array(3) });
    const bias = b.add('DequantizeLinear', [sums, products, none], { attributes: { axis: int(0) } });
    const made = b.add('Relu', [
      b.add('Conv', [both(x, 0.02), weights, bias], { attributes: pads(1, 1, 1, 1) }),
    ]);
    const pooled = b.add('MaxPool', [both(made, 0.05)], {
      attributes: { kernel_shape: int([2, 2]), strides: int([2, 2]) },
    });
    b.output('y', both(pooled, 0.05), 'float32', [1, 3, 3, 3]);
    const model = b.model({ name: 'test', version: '1' });
    const used = await check(model, { x: numbers(1, 2, 6, 6) }, 0.06);
    expect(used).toEqual(['TRANSPOSE', 'QUANTIZE', 'CONV_2D', 'MAX_POOL_2D', 'TRANSPOSE', 'DEQUANTIZE']);
    const { subgraphs } = await write(model);
    const conv = subgraphs[0]?.operators.find(({ opcode }) => opcode === 'CONV_2D');
    const types = conv?.inputs.map((index) => subgraphs[0]?.tensors[index]?.type);
    expect([types, conv?.version]).toEqual([['int8', 'int8', 'int32'], 3]);
  });

  test('what codes stand for reaches inputs, outputs and constants that are only moved', async () => {
    const b = new GraphBuilder('moved');
    const zero = b.constant('zero', { dtype: 'int8', dims: [], data: Int8Array.of(-128) });
    // The same codes stand for other numbers in each of the two: nothing around them has a scale of its own.
    const kept = b.constant('kept', { dtype: 'int8', dims: [1, 2, 3], data: new Int8Array(6).fill(-128) });
    for (const [name, step] of [
      ['a', 0.1],
      ['b', 0.02],
    ] as const) {
      const scale = b.number(`${name}/scale`, step);
      const x = b.input(name, 'int8', [1, 3]);
      const row = b.add('Unsqueeze', [x, b.ints(`${name}/axes`, [1])]);
      const joined = b.add('Concat', [kept, row], { attributes: { axis: int(1) } });
      const last = b.add('Slice', [
        joined,
        b.ints(`${name}/from`, [1]),
        b.ints(`${name}/to`, [3]),
        b.ints(`${name}/axis`, [1]),
      ]);
      b.output(`${name}/next`, last, 'int8', [1, 2, 3]);
      b.output(
        `${name}/sum`,
        b.add('ReduceSum', [b.add('DequantizeLinear', [joined, scale, zero])]),
        'float32',
        [1, 1, 1],
      );
    }
    const model = b.model({ name: 'test', version: '1' });
    const codes = (...data: number[]): Tensor => ({
      dtype: 'int8',
      dims: [1, 3],
      data: Int8Array.from(data),
    });
    await check(model, { a: codes(-128, 5, 127), b: codes(60, -7, -100) }, 1e-5);
    const [main] = (await write(model)).subgraphs;
    const scaleOf = (name: string) => main?.tensors.find((each) => each.name === name)?.quantization?.scale;
    expect(
      ['a', 'b', 'a/next', 'b/next'].map((name) => scaleOf(name)?.map((each) => each.toFixed(2))),
    ).toEqual([['0.10'], ['0.02'], ['0.10'], ['0.02']]);
  });

  test('weights alone as codes leave the rest in float32', async () => {
    const b = new GraphBuilder('hybrid');
    const x = b.input('x', 'float32', [2, 8]);
    const codes = b.constant('w', {
      dtype: 'int8',
      dims: [8, 4],
      data: Int8Array.from({ length: 32 }, (_, at) => ((at * 29) % 255) - 127),
    });
    const scales = b.constant('s', float32([4], [0.01, 0.02, 0.01, 0.03]));
    const zeros = b.constant('z', { dtype: 'int8', dims: [4], data: new Int8Array(4) });
    const weights = b.add('DequantizeLinear', [codes, scales, zeros], { attributes: { axis: int(1) } });
    b.output('y', b.add('MatMul', [x, weights]), 'float32', [2, 4]);
    const model = b.model({ name: 'test', version: '1' });
    // The inputs are rounded to 8 bits, row by row, when the model runs.
    expect(await check(model, { x: numbers(2, 8) }, 0.02)).toEqual(['FULLY_CONNECTED']);
  });

  test('weights in float16 stay in it', async () => {
    const b = new GraphBuilder('half');
    const x = b.input('x', 'float32', [2, 8]);
    const half = b.constant('w', {
      dtype: 'float16',
      dims: [8, 4],
      data: Uint16Array.from({ length: 32 }, (_, at) => 0x3000 + at * 40),
    });
    b.output(
      'y',
      b.add('MatMul', [x, b.add('Cast', [half], { attributes: { to: int(1) } })]),
      'float32',
      [2, 4],
    );
    const model = b.model({ name: 'test', version: '1' });
    expect(await check(model, { x: numbers(2, 8) })).toEqual(['DEQUANTIZE', 'FULLY_CONNECTED']);
  });

  test('everything that cannot be written is said at once', async () => {
    const b = new GraphBuilder('odd');
    const x = b.input('x', 'float32', [1, 1, 4, 4]);
    const det = b.add('Det', [x], { name: 'first' });
    b.output(
      'y',
      b.add(
        'Dropout',
        [det, b.number('r', 0.5), b.constant('t', { dtype: 'bool', dims: [], data: Uint8Array.of(1) })],
        { name: 'second' },
      ),
      'float32',
      [1, 1],
    );
    const model: Model = b.model({ name: 'test', version: '1' });
    const found = await preflight(model, context);
    expect(found.map(({ opType, where }) => [opType, where[0]])).toEqual([
      ['Det', 'first'],
      ['Dropout', 'second'],
    ]);
    await expect(write(model)).rejects.toMatchObject({ code: 'OP_UNSUPPORTED' });
  });

  test('the graph that is written is not changed', async () => {
    const model = modelOf(cases[0] as Case, 'Relu');
    const before = JSON.stringify([model.graph.nodes, [...model.graph.types]]);
    await write(model);
    expect(JSON.stringify([model.graph.nodes, [...model.graph.types]])).toBe(before);
  });
});

test('a product with what is turned around turns it itself', async () => {
  const b = new GraphBuilder('scores');
  const [q, k] = [b.input('q', 'float32', [2, 3, 4]), b.input('k', 'float32', [2, 5, 4])];
  const turned = b.add('Transpose', [k], { attributes: { perm: int([0, 2, 1]) } });
  b.graph.outputs.push(b.add('MatMul', [q, turned], {}));
  const model = b.model({ name: 'test', version: '1' });
  expect(await check(model, { q: numbers(2, 3, 4), k: numbers(2, 5, 4) })).toEqual(['BATCH_MATMUL']);
});

test('products of the last axis stay what they are behind channels that come first', async () => {
  const b = new GraphBuilder('rows');
  const last = b.add('Transpose', [b.input('x', 'float32', [1, 4, 6])], {
    attributes: { perm: int([0, 2, 1]) },
  });
  const product = b.add('MatMul', [last, b.constant('w', numbers(4, 4))], {});
  b.graph.outputs.push(b.add('Transpose', [product], { attributes: { perm: int([0, 2, 1]) } }));
  const model = b.model({ name: 'test', version: '1' });
  const made = await check(model, { x: numbers(1, 4, 6) });
  expect(made).toEqual(['TRANSPOSE', 'FULLY_CONNECTED', 'TRANSPOSE']);
});

describe('Einsum', () => {
  const made = (equation: string, ...shapes: (readonly (number | string)[])[]): Model => {
    const b = new GraphBuilder('einsum');
    const inputs = shapes.map((shape, index) => b.input(`x${index}`, 'float32', shape));
    b.graph.outputs.push(b.add('Einsum', inputs, { attributes: { equation: string(equation) } }));
    return b.model({ name: 'test', version: '1' });
  };

  const equations: readonly (readonly [equation: string, shapes: readonly (readonly number[])[]])[] = [
    [
      'bqhd,bkhd->bhqk',
      [
        [2, 5, 3, 4],
        [2, 6, 3, 4],
      ],
    ],
    [
      'abc,cde->abde',
      [
        [2, 3, 4],
        [4, 5, 6],
      ],
    ],
    [
      'abcd,cde->abe',
      [
        [2, 3, 4, 5],
        [4, 5, 6],
      ],
    ],
    [
      'bijk,bj->bk',
      [
        [2, 3, 4, 5],
        [2, 4],
      ],
    ],
    [
      'ab,ab->ab',
      [
        [3, 4],
        [3, 4],
      ],
    ],
    ['i,j->ij', [[3], [4]]],
    ['i,i->', [[4], [4]]],
    [
      'ij,jk',
      [
        [3, 4],
        [4, 5],
      ],
    ],
    ['ij->ji', [[3, 4]]],
  ];
  test.each(equations)('%s', async (equation, shapes) => {
    const feeds = Object.fromEntries(shapes.map((shape, index) => [`x${index}`, numbers(...shape)]));
    await check(made(equation, ...shapes), feeds);
  });

  test('over an open batch', async () => {
    const model = made('bqhd,bkhd->bhqk', ['batch', 5, 3, 4], ['batch', 6, 3, 4]);
    await check(model, { x0: numbers(2, 5, 3, 4), x1: numbers(2, 6, 3, 4) });
  });

  test('of three terms is refused', async () => {
    const [refused] = await preflight(made('i,i,i->i', [3], [3], [3]), context);
    expect(refused?.reason).toContain('more than two terms');
  });
});
