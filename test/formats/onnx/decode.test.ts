// Everything an ONNX file can hold, as the wire has it, read into the graph.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { quietContext } from '../../../src/context.ts';
import type { Diagnostic } from '../../../src/diagnostics.ts';
import { decodeOnnx } from '../../../src/formats/onnx/decode.ts';
import onnx from '../../../src/formats/onnx/index.ts';
import { onnxSchema } from '../../../src/formats/onnx/schema.ts';
import type { Model } from '../../../src/graph/model.ts';
import { evaluateGraph, openGraph } from '../../../src/runtimes/onnxruntime.ts';

const fixtures = fileURLToPath(new URL('../../../fixtures/formats/onnx/', import.meta.url));

async function decodeGraph(
  graph: object,
  model: object = {},
  diagnose?: (found: Diagnostic) => void,
): Promise<Model> {
  const schema = await onnxSchema();
  const opsetImport = [{ domain: '', version: 21 }];
  const bytes = schema.encode('ModelProto', {
    irVersion: 10,
    opsetImport,
    graph: { name: 'g', ...graph },
    ...model,
  });
  return decodeOnnx(bytes, 'g.onnx', diagnose ? { diagnose } : {});
}

async function decodeTensor(tensor: object) {
  return (await decodeGraph({ initializer: [{ name: 't', ...tensor }] })).graph.initializers.get('t');
}

async function decodeAttribute(attribute: object) {
  const model = await decodeGraph({ node: [{ opType: 'Op', attribute: [{ name: 'a', ...attribute }] }] });
  return model.graph.nodes[0]?.attributes.get('a');
}

const text = (value: string) => Buffer.from(value);
const low = { low: 1, high: 0x200000 }; // 2^53 + 1

test.each<[string, object, object]>([
  [
    'float_data',
    { dataType: 1, dims: [2], floatData: [1.5, -2] },
    { dtype: 'float32', data: Float32Array.of(1.5, -2) },
  ],
  [
    'float_data pairs',
    { dataType: 14, dims: [1], floatData: [1, 2] },
    { dtype: 'complex64', data: Float32Array.of(1, 2) },
  ],
  [
    'double_data',
    { dataType: 11, dims: [1], doubleData: [0.1] },
    { dtype: 'float64', data: Float64Array.of(0.1) },
  ],
  [
    'int32_data as int32',
    { dataType: 6, dims: [2], int32Data: [-1, 7] },
    { dtype: 'int32', data: Int32Array.of(-1, 7) },
  ],
  [
    'int32_data as int8',
    { dataType: 3, dims: [2], int32Data: [-128, 127] },
    { dtype: 'int8', data: Int8Array.of(-128, 127) },
  ],
  [
    'int32_data as uint16',
    { dataType: 4, dims: [1], int32Data: [65535] },
    { dtype: 'uint16', data: Uint16Array.of(65535) },
  ],
  [
    'int32_data as bool',
    { dataType: 9, dims: [2], int32Data: [1, 0] },
    { dtype: 'bool', data: Uint8Array.of(1, 0) },
  ],
  [
    'int32_data as float16',
    { dataType: 10, dims: [1], int32Data: [0x3c00] },
    { dtype: 'float16', data: Uint16Array.of(0x3c00) },
  ],
  [
    'int32_data as bfloat16',
    { dataType: 16, dims: [1], int32Data: [0x3f80] },
    { dtype: 'bfloat16', data: Uint16Array.of(0x3f80) },
  ],
  [
    'int32_data as float8',
    { dataType: 17, dims: [2], int32Data: [1, 255] },
    { dtype: 'float8e4m3fn', data: Uint8Array.of(1, 255) },
  ],
  [
    'int32_data as packed int4',
    { dataType: 22, dims: [3], int32Data: [0x21, 0x03] },
    { dtype: 'int4', data: Uint8Array.of(0x21, 0x03) },
  ],
  [
    'int64_data, exactly',
    { dataType: 7, dims: [1], int64Data: [low] },
    { dtype: 'int64', data: BigInt64Array.of(2n ** 53n + 1n) },
  ],
  [
    'uint64_data',
    { dataType: 13, dims: [1], uint64Data: [{ low: -1, high: -1 }] },
    { dtype: 'uint64', data: BigUint64Array.of(2n ** 64n - 1n) },
  ],
  [
    'uint64_data as uint32',
    { dataType: 12, dims: [1], uint64Data: [4294967295] },
    { dtype: 'uint32', data: Uint32Array.of(4294967295) },
  ],
  [
    'string_data',
    { dataType: 8, dims: [2], stringData: [text('a'), text('猫')] },
    { dtype: 'string', data: ['a', '猫'] },
  ],
  [
    'raw_data',
    { dataType: 1, dims: [1], rawData: Buffer.from(Float32Array.of(3).buffer) },
    { dtype: 'float32', data: Float32Array.of(3) },
  ],
  [
    'raw_data of 4 bits',
    { dataType: 21, dims: [3], rawData: Buffer.of(0x21, 0x03) },
    { dtype: 'uint4', data: Uint8Array.of(0x21, 0x03) },
  ],
  ['nothing, for no elements', { dataType: 1, dims: [0, 5] }, { dtype: 'float32', data: new Float32Array() }],
  ['a scalar', { dataType: 7, int64Data: [5] }, { dtype: 'int64', dims: [], data: BigInt64Array.of(5n) }],
])('a tensor in %s', async (_, proto, expected) => {
  expect(await decodeTensor(proto)).toMatchObject(expected);
});

test.each<[string, object, RegExp]>([
  ['no data', { dataType: 1, dims: [4] }, /tensor t declares 4 elements and has no data/],
  ['a huge shape without data', { dataType: 1, dims: [2 ** 40] }, /has no data/],
  ['more elements than can exist', { dataType: 1, dims: [2 ** 40, 2 ** 40] }, /more elements than can exist/],
  ['a negative axis', { dataType: 1, dims: [-1], floatData: [1] }, /an axis of length -1/],
  ['too many axes', { dataType: 1, dims: new Array(2000).fill(1), floatData: [1] }, /has 2000 axes/],
  [
    'too little raw data',
    { dataType: 1, dims: [2], rawData: Buffer.alloc(4) },
    /\[2\] float32 needs 8 bytes and has 4/,
  ],
  ['too much raw data', { dataType: 1, dims: [0], rawData: Buffer.alloc(4) }, /needs 0 bytes and has 4/],
  ['too few numbers', { dataType: 1, dims: [3], floatData: [1, 2] }, /needs 3 numbers and has 2/],
  ['too few strings', { dataType: 8, dims: [2], stringData: [text('a')] }, /2 strings has 1/],
  ['an unknown element type', { dataType: 99, dims: [1] }, /element type 99/],
  ['no element type', { dims: [1] }, /element type 0/],
  ['segments', { dataType: 1, dims: [1], floatData: [1], segment: {} }, /split into segments/],
])('a tensor with %s is damaged', async (_, proto, message) => {
  const decoding = decodeTensor(proto);
  await expect(decoding).rejects.toMatchObject({ code: 'MODEL_DAMAGED', where: { file: 'g.onnx' } });
  await expect(decoding).rejects.toThrow(message);
});

const tensorProto = { dataType: 1, dims: [1], floatData: [2] };
const tensor = { dtype: 'float32', dims: [1], data: Float32Array.of(2) };
const graphProto = { name: 'inner', output: [{ name: 'o' }], initializer: [{ ...tensorProto, name: 'o' }] };
const sparseProto = { values: tensorProto, indices: { dataType: 7, dims: [1], int64Data: [3] }, dims: [9] };

test.each<[string, object, object]>([
  ['float', { type: 1, f: 0.5 }, { type: 'float', value: 0.5 }],
  ['int', { type: 2, i: -3 }, { type: 'int', value: -3 }],
  ['the largest int', { type: 2, i: { low: -1, high: 0x7fffffff } }, { type: 'int', value: 2 ** 63 }],
  ['string', { type: 3, s: text('SAME') }, { type: 'string', value: 'SAME' }],
  ['tensor', { type: 4, t: tensorProto }, { type: 'tensor', value: tensor }],
  ['graph', { type: 5, g: graphProto }, { type: 'graph', value: { name: 'inner', outputs: ['o'] } }],
  ['floats', { type: 6, floats: [1, 2] }, { type: 'floats', value: [1, 2] }],
  ['ints', { type: 7, ints: [1, -2] }, { type: 'ints', value: [1, -2] }],
  ['an empty list', { type: 7 }, { type: 'ints', value: [] }],
  ['strings', { type: 8, strings: [text('a'), text('')] }, { type: 'strings', value: ['a', ''] }],
  ['tensors', { type: 9, tensors: [tensorProto] }, { type: 'tensors', value: [tensor] }],
  ['graphs', { type: 10, graphs: [graphProto] }, { type: 'graphs', value: [{ name: 'inner' }] }],
  [
    'sparse',
    { type: 11, sparseTensor: sparseProto },
    { type: 'sparse', value: { values: tensor, dims: [9] } },
  ],
  [
    'type',
    { type: 13, tp: { tensorType: { elemType: 7 } } },
    { type: 'type', value: { kind: 'tensor', dtype: 'int64' } },
  ],
  ['a reference', { type: 2, refAttrName: 'axis' }, { type: 'reference', value: 'axis', of: 'int' }],
  ['a default of zero', { type: 2 }, { type: 'int', value: 0 }],
  ['a float of IR 1, whose kind must be guessed', { f: 2 }, { type: 'float', value: 2 }],
  ['ints of IR 1', { ints: [3] }, { type: 'ints', value: [3] }],
])('an attribute: %s', async (_, proto, expected) => {
  expect(await decodeAttribute(proto)).toMatchObject(expected);
});

test('an attribute kind mlctl does not read, and one without its value, are errors', async () => {
  await expect(decodeAttribute({ type: 12 })).rejects.toMatchObject({ code: 'MODEL_INVALID' });
  await expect(decodeAttribute({ type: 5 })).rejects.toMatchObject({
    code: 'MODEL_DAMAGED',
    where: { node: 'Op' },
  });
});

test('packed and unpacked numbers read the same', async () => {
  // AttributeProto { name: "a", ints: 1, ints: 300 } one by one, then the two in one packed field.
  const unpacked = Buffer.from([0x0a, 1, 0x61, 0x40, 1, 0x40, 0xac, 2, 0xa0, 1, 7]);
  const packed = Buffer.from([0x0a, 1, 0x61, 0x42, 3, 1, 0xac, 2, 0xa0, 1, 7]);
  const schema = await onnxSchema();
  for (const bytes of [unpacked, packed]) {
    expect((schema.decode('AttributeProto', bytes) as { ints: number[] }).ints).toEqual([1, 300]);
  }
});

test('types of every kind, symbols and axes nobody knows', async () => {
  const dim = [{ dimParam: 'batch' }, { dimValue: 3 }, {}, { dimValue: -1 }];
  const float = { tensorType: { elemType: 1, shape: { dim } } };
  const { graph } = await decodeGraph({
    input: [
      { name: 'tensor', type: float },
      { name: 'rankless', type: { tensorType: { elemType: 1 } } },
      { name: 'sequence', type: { sequenceType: { elemType: float } } },
      { name: 'optional', type: { optionalType: { elemType: float } } },
      { name: 'map', type: { mapType: { keyType: 8, valueType: float } } },
      { name: 'nothing', type: {} },
      { name: 'unknown', type: { tensorType: { elemType: 77 } } },
    ],
  });
  const element = { kind: 'tensor', dtype: 'float32', shape: ['batch', 3, null, null] };
  expect(Object.fromEntries(graph.types)).toEqual({
    tensor: element,
    rankless: { kind: 'tensor', dtype: 'float32', shape: undefined },
    sequence: { kind: 'sequence', element },
    optional: { kind: 'optional', element },
    map: { kind: 'map', key: 'string', element },
  });
});

test('constants that are inputs too, as before IR 4, are constants', async () => {
  const type = { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 1 }] } } };
  const { graph } = await decodeGraph({
    input: [
      { name: 'x', type },
      { name: 'w', type },
    ],
    initializer: [{ ...tensorProto, name: 'w' }],
  });
  expect(graph.inputs).toEqual(['x']);
});

test('nodes without a name, or with the same one, get their own', async () => {
  const node = [
    { opType: 'Relu' },
    { opType: 'Relu' },
    { opType: 'Relu', name: 'a' },
    { opType: 'Abs', name: 'a' },
  ];
  const { graph } = await decodeGraph({ node });
  expect(new Set(graph.nodes.map(({ name }) => name)).size).toBe(4);
  expect(graph.nodes[2]?.name).toBe('a');
});

test('a sparse constant becomes a node that makes it dense', async () => {
  const values = { ...tensorProto, name: 's' };
  const model = await decodeGraph({
    sparseInitializer: [{ ...sparseProto, values }],
    node: [{ opType: 'Identity', input: ['s'], output: ['y'] }],
    output: [{ name: 'y', type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 9 }] } } } }],
  });
  const result = await evaluateGraph(model);
  expect(result.get('y')?.data).toEqual(Float32Array.of(0, 0, 0, 2, 0, 0, 0, 0, 0));
});

test('model-local functions are read and run', async () => {
  const type = { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 1 }] } } };
  const model = await decodeGraph(
    {
      input: [{ name: 'x', type }],
      output: [{ name: 'y', type }],
      node: [{ opType: 'Twice', domain: 'mine', input: ['x'], output: ['y'] }],
    },
    {
      opsetImport: [
        { domain: '', version: 21 },
        { domain: 'mine', version: 1 },
      ],
      functions: [
        {
          name: 'Twice',
          domain: 'mine',
          input: ['a'],
          output: ['b'],
          attribute: ['free'],
          attributeProto: [{ name: 'fixed', type: 2, i: 4 }],
          node: [{ opType: 'Add', input: ['a', 'a'], output: ['b'] }],
          opsetImport: [{ domain: '', version: 21 }],
        },
      ],
    },
  );
  expect(model.functions).toMatchObject([
    { name: 'Twice', domain: 'mine', inputs: ['a'], outputs: ['b'], attributes: ['free'] },
  ]);
  expect(model.functions[0]?.attributeDefaults.get('fixed')).toEqual({ type: 'int', value: 4 });
  const session = await openGraph(model);
  const { y } = await session.run({ x: { dtype: 'float32', dims: [1], data: Float32Array.of(21) } });
  expect(y?.data).toEqual(Float32Array.of(42));
  await session.release();
});

test('opsets, producer and metadata; ai.onnx is the default domain', async () => {
  const model = await decodeGraph(
    { node: [{ opType: 'Relu', domain: 'ai.onnx' }] },
    {
      producerName: 'maker',
      producerVersion: '2',
      opsetImport: [
        { domain: 'ai.onnx', version: 17 },
        { domain: 'ai.onnx.ml', version: 3 },
      ],
      metadataProps: [{ key: 'task', value: 'classify' }],
    },
  );
  expect([...model.opsets]).toEqual([
    ['', 17],
    ['ai.onnx.ml', 3],
  ]);
  expect(model.graph.nodes[0]?.domain).toBe('');
  expect(model.producer).toEqual({ name: 'maker', version: '2' });
  expect([...model.metadata]).toEqual([['task', 'classify']]);
});

test('what is dropped is said', async () => {
  const found: string[] = [];
  const binary = {
    opType: 'Op',
    name: 'n',
    attribute: [{ name: 'blob', type: 3, s: Buffer.of(0xff, 0xfe) }],
  };
  await decodeGraph({ quantizationAnnotation: [{}], node: [binary] }, { trainingInfo: [{}] }, ({ code }) => {
    found.push(code);
  });
  expect(found.sort()).toEqual(['ANNOTATIONS_DROPPED', 'ATTRIBUTE_NOT_TEXT', 'TRAINING_INFO_DROPPED']);
});

const mlp = readFileSync(`${fixtures}mlp.onnx`);

test.each<[string, Uint8Array, RegExp]>([
  ['empty', new Uint8Array(), /it is empty/],
  [
    'text',
    Buffer.from('{"model": "a JSON file, not a model"}'),
    /it starts with 7b 22 6d 6f 64 65 6c 22, as no ONNX file does/,
  ],
  ['zeros', new Uint8Array(100), /it starts with 00 00/],
  [
    'cut short',
    mlp.subarray(0, 300),
    /reaches past the end, as when a file is cut short \(at byte \d+ of 300\)/,
  ],
  ['cut before its graph', mlp.subarray(0, 9), /its 9 bytes hold no ONNX graph/],
])('a file that is %s is damaged', async (_, bytes, message) => {
  const decoding = decodeOnnx(bytes, 'file.onnx');
  await expect(decoding).rejects.toMatchObject({ code: 'MODEL_DAMAGED' });
  await expect(decoding).rejects.toThrow(message);
});

test('graphs nested without end are refused, not followed', async () => {
  let graph: Buffer = Buffer.from([0x12, 1, 0x67]);
  const wrap = (tag: number[], body: Buffer) => {
    const size: number[] = [];
    for (let rest = body.length; ; rest >>= 7) {
      size.push(rest > 127 ? (rest & 127) | 128 : rest);
      if (rest <= 127) break;
    }
    return Buffer.concat([Buffer.from(tag), Buffer.from(size), body]);
  };
  // GraphProto.node → NodeProto.attribute → AttributeProto.g → GraphProto …
  for (let depth = 0; depth < 5000; depth++) graph = wrap([0x0a], wrap([0x2a], wrap([0x32], graph)));
  await expect(decodeOnnx(wrap([0x3a], graph), 'deep.onnx')).rejects.toThrow(/nested more than 100 deep/);
});

test('reading brings an old opset to today, with the same results', async () => {
  const path = `${fixtures}opset-7.onnx`;
  const before = await decodeOnnx(readFileSync(path), path);
  expect(before.opsets.get('')).toBe(7);
  const after = await onnx.read(path, quietContext());
  expect(after.opsets.get('')).toBe(21);
  const x = { dtype: 'float32', dims: [2, 1, 3], data: Float32Array.of(-5, 0.5, 2, 0, 0.25, -0.75) } as const;
  const results = await Promise.all(
    [before, after].map(async (model) => {
      const session = await openGraph(model);
      const { y } = await session.run({ x });
      await session.release();
      return y;
    }),
  );
  expect(results[0]).toEqual(results[1]);
});
