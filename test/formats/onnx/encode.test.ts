// What is written: every attribute and dtype, external weights in and out, damage, the same bytes twice.

import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { externalAt, mlp } from '../../../fixtures/formats/onnx/make.ts';
import { quietContext } from '../../../src/context.ts';
import { decodeOnnx } from '../../../src/formats/onnx/decode.ts';
import { type EncodeOptions, encodeOnnx, encodeOnnxBytes } from '../../../src/formats/onnx/encode.ts';
import onnx from '../../../src/formats/onnx/index.ts';
import { type ModelProto, onnxSchema } from '../../../src/formats/onnx/schema.ts';
import { GraphBuilder } from '../../../src/graph/builder.ts';
import type { Attribute, Model } from '../../../src/graph/model.ts';
import { float32, int64 } from '../../../src/graph/tensor.ts';
import onnxruntime from '../../../src/runtimes/onnxruntime.ts';

const fixtures = fileURLToPath(new URL('../../../fixtures/formats/onnx/', import.meta.url));
const context = quietContext();

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mlctl-onnx-'));
  folders.push(folder);
  return folder;
}

function single(attribute: Attribute): Model {
  const b = new GraphBuilder('single');
  const x = b.input('x', 'float32', [1]);
  b.output(
    'y',
    b.add('Op', [x], { name: 'op', domain: 'mine', attributes: { a: attribute } }),
    'float32',
    [1],
  );
  return b.model({ name: 'test', version: '1' });
}

async function roundTrip(model: Model): Promise<Model> {
  return decodeOnnx(await encodeOnnxBytes(model), 'again.onnx');
}

const tensor = int64([1, 2, 3]);
const inner = new GraphBuilder('inner');
inner.output('o', inner.number('one', 1), 'float32', []);

test.each<Attribute>([
  { type: 'int', value: -7 },
  { type: 'int', value: 0 },
  { type: 'int', value: 2 ** 63 },
  { type: 'int', value: -(2 ** 63) },
  { type: 'ints', value: [] },
  { type: 'ints', value: [1, -1, 2 ** 40] },
  { type: 'float', value: Number.NEGATIVE_INFINITY },
  { type: 'floats', value: [0.5, -0] },
  { type: 'string', value: '' },
  { type: 'string', value: '猫 "quoted"' },
  { type: 'strings', value: ['a', '', 'b'] },
  { type: 'tensor', value: tensor },
  { type: 'tensors', value: [tensor, float32([0], [])] },
  { type: 'graph', value: inner.graph },
  { type: 'graphs', value: [inner.graph, inner.graph] },
  {
    type: 'type',
    value: { kind: 'sequence', element: { kind: 'tensor', dtype: 'string', shape: ['n', null, 3] } },
  },
  { type: 'sparse', value: { values: float32([1], [5]), indices: int64([2]), dims: [4] } },
])('an attribute of kind $type comes back as it was', async (attribute) => {
  const again = await roundTrip(single(attribute));
  expect(again.graph.nodes.find(({ name }) => name === 'op')?.attributes.get('a')).toEqual(attribute);
});

test('limits beyond int64 are written as its limits', async () => {
  const again = await roundTrip(single({ type: 'ints', value: [1e30, -1e30] }));
  expect(again.graph.nodes[0]?.attributes.get('a')?.value).toEqual([2 ** 63, -(2 ** 63)]);
});

test('the whole model comes back: functions, metadata, types, opsets, strings', async () => {
  const model = mlp();
  model.metadata.set('task', 'classify').set('labels', 'a,b');
  model.opsets.set('mine', 2);
  model.functions.push({
    name: 'F',
    domain: 'mine',
    overload: 'v2',
    inputs: ['a'],
    outputs: ['b'],
    attributes: ['axis'],
    attributeDefaults: new Map([['alpha', { type: 'float', value: 0.5 }]]),
    opsets: new Map([['', 21]]),
    nodes: [
      {
        name: 'n',
        opType: 'Softmax',
        domain: '',
        inputs: ['a'],
        outputs: ['b'],
        attributes: new Map([['axis', { type: 'reference', value: 'axis', of: 'int' }]]),
      },
    ],
  });
  model.graph.initializers.set('words', { dtype: 'string', dims: [2], data: ['yes', 'nо'] });
  model.graph.types.set('words', { kind: 'tensor', dtype: 'string', shape: [2] });
  const again = await roundTrip(model);
  expect({ ...again, producer: undefined }).toEqual({ ...model, producer: undefined });
  expect(again.producer.name).toBe('mlctl');
});

test('the same model gives the same bytes', async () => {
  const [first, second] = [await encodeOnnxBytes(mlp()), await encodeOnnxBytes(mlp())];
  expect(Buffer.compare(first, second)).toBe(0);
  expect(Buffer.compare(await encodeOnnxBytes(await decodeOnnx(first, 'x')), first)).toBe(0);
});

test('large weights are handed on, not copied', async () => {
  const b = new GraphBuilder('large');
  const weights = new Float32Array(100_000);
  b.output('y', b.constant('w', float32([100_000], weights)), 'float32', [100_000]);
  const { chunks } = await encodeOnnx(b.model({ name: 't', version: '1' }));
  expect(chunks.some((chunk) => chunk.buffer === weights.buffer)).toBe(true);
});

async function proto(model: Model): Promise<ModelProto> {
  return (await onnxSchema()).decode('ModelProto', await encodeOnnxBytes(model)) as ModelProto;
}

test('the opset written is 21, or the later one an operator needs, with the IR version it came with', async () => {
  const plain = await proto(mlp());
  expect([plain.irVersion, plain.opsetImport[0]?.version]).toEqual([10, 21]);
  const b = new GraphBuilder('later');
  const x = b.input('x', 'float32', [2, 4]);
  b.output(
    'y',
    b.add('RMSNormalization', [x, b.constant('s', float32([4], [1, 1, 1, 1]))]),
    'float32',
    [2, 4],
  );
  const later = await proto(b.model({ name: 't', version: '1' }));
  expect([later.irVersion, later.opsetImport[0]?.version]).toEqual([11, 23]);
});

async function writeTo(folder: string, options: EncodeOptions): Promise<string> {
  const { chunks, external } = await encodeOnnx(mlp(), options);
  const path = join(folder, 'net.onnx');
  writeFileSync(path, Buffer.concat(chunks));
  if (external) writeFileSync(join(folder, options.externalName ?? ''), Buffer.concat(external));
  return path;
}

test('weights beyond the threshold go to a file beside the model, and come back', async () => {
  const folder = newFolder();
  const path = await writeTo(folder, { externalName: 'net.onnx.data', externalThreshold: 100 });
  const read = await onnx.read(path, context);
  expect(read.graph.initializers).toEqual(mlp().graph.initializers);
  const facts = (await onnx.describe(path, context)).facts;
  expect(facts.externalData).toBe('net.onnx.data');
  const session = await onnxruntime.open({ format: 'onnx', path });
  const inside = await onnxruntime.open({ format: 'onnx', path: `${fixtures}mlp.onnx` });
  const feeds = { x: float32([1, 4], [1, 2, 3, 4]) };
  expect(await session.run(feeds)).toEqual(await inside.run(feeds));
  await session.release();
  await inside.release();
});

test('a small model is one file', async () => {
  const files = await onnx.write(mlp(), { fileName: 'net.onnx' });
  expect(files.map(({ name }) => name)).toEqual(['net.onnx']);
});

test('external data inside the folder is read', async () => {
  const model = await onnx.read(`${fixtures}external/inside.onnx`, context);
  expect(model.graph.initializers.get('w')).toEqual(float32([3], [1, 2, 3]));
});

test.each([
  ['parent', 'EXTERNAL_DATA_OUTSIDE', /\.\.\/mlp\.onnx leads out of it/],
  ['absolute', 'EXTERNAL_DATA_OUTSIDE', /\/etc\/hostname is an absolute path/],
  ['missing', 'EXTERNAL_DATA_MISSING', /nowhere\.bin, which is not beside it/],
  ['too-long', 'MODEL_DAMAGED', /takes 12 bytes but weights\.bin holds 16/],
])('external data that is %s is %s', async (name, code, message) => {
  const reading = onnx.read(`${fixtures}external/${name}.onnx`, context);
  await expect(reading).rejects.toMatchObject({ code });
  await expect(reading).rejects.toThrow(message);
  // Looking at the file needs no weights.
  expect((await onnx.describe(`${fixtures}external/${name}.onnx`, context)).parameters).toBe(3);
});

test.each([
  ['C:\\weights.bin', 'EXTERNAL_DATA_OUTSIDE'],
  ['\\\\host\\share', 'EXTERNAL_DATA_OUTSIDE'],
  ['a/../../b', 'EXTERNAL_DATA_OUTSIDE'],
  ['a\\..\\..\\b', 'EXTERNAL_DATA_OUTSIDE'],
  ['', 'MODEL_DAMAGED'],
  ['a\0b', 'MODEL_DAMAGED'],
  ['.', 'EXTERNAL_DATA_OUTSIDE'],
])('the location %j is %s', async (location, code) => {
  const folder = newFolder();
  const path = join(folder, 'net.onnx');
  writeFileSync(path, await externalAt(location));
  await expect(onnx.read(path, context)).rejects.toMatchObject({ code });
});

test('a link that leads out of the folder is refused, one that stays inside is not', async () => {
  const outside = newFolder();
  writeFileSync(join(outside, 'secret.bin'), new Uint8Array(12));
  const folder = newFolder();
  const path = join(folder, 'net.onnx');
  writeFileSync(path, await externalAt('link.bin'));
  symlinkSync(join(outside, 'secret.bin'), join(folder, 'link.bin'));
  await expect(onnx.read(path, context)).rejects.toMatchObject({ code: 'EXTERNAL_DATA_OUTSIDE' });

  symlinkSync(outside, join(folder, 'linked'));
  writeFileSync(path, await externalAt('linked/secret.bin'));
  await expect(onnx.read(path, context)).rejects.toMatchObject({ code: 'EXTERNAL_DATA_OUTSIDE' });

  copyFileSync(join(outside, 'secret.bin'), join(folder, 'real.bin'));
  symlinkSync('real.bin', join(folder, 'near.bin'));
  writeFileSync(path, await externalAt('near.bin'));
  expect((await onnx.read(path, context)).graph.initializers.get('w')?.dims).toEqual([3]);
});

test('a small weights file cannot be multiplied into a large model', async () => {
  const folder = newFolder();
  const path = join(folder, 'net.onnx');
  writeFileSync(join(folder, 'w.bin'), new Uint8Array(64));
  const initializer = (name: string, offset: number) => ({
    name,
    dims: [12],
    dataType: 1,
    dataLocation: 1,
    externalData: [
      { key: 'location', value: 'w.bin' },
      { key: 'offset', value: String(offset) },
    ],
  });
  const write = async (initializers: object[]) => {
    const graph = { name: 'g', initializer: initializers };
    const opsetImport = [{ domain: '', version: 21 }];
    writeFileSync(path, (await onnxSchema()).encode('ModelProto', { irVersion: 10, opsetImport, graph }));
  };
  // The same region twice is a tied weight.
  await write([initializer('a', 0), initializer('b', 0)]);
  expect((await onnx.read(path, context)).graph.initializers.size).toBe(2);
  await write([initializer('a', 0), initializer('b', 4)]);
  await expect(onnx.read(path, context)).rejects.toThrow(/tensors overlap in w\.bin/);
  await write([initializer('a', 20)]);
  await expect(onnx.read(path, context)).rejects.toThrow(/w\.bin has 64 bytes, a tensor needs 20 to 68/);
});

test('describes a file: versions, values, operators, parameters', async () => {
  expect(await onnx.describe(`${fixtures}mlp.onnx`, context)).toEqual({
    format: 'onnx',
    formatVersion: 'opset 21, IR 10',
    producer: expect.stringMatching(/^mlctl \d+\.\d+\.\d+$/),
    inputs: [{ name: 'x', dtype: 'float32', shape: ['batch', 4] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: ['batch', 3] }],
    operators: { Add: 2, Identity: 1, MatMul: 2, Relu: 1, Softmax: 1 },
    parameters: 32 + 8 + 24 + 3,
    unsupported: [],
    facts: { graph: 'mlp' },
  });
  await expect(onnx.describe(`${fixtures}nowhere.onnx`, context)).rejects.toMatchObject({
    code: 'FILE_NOT_FOUND',
  });
  await expect(onnx.describe(fixtures, context)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
});

test('is recognised by its content', () => {
  const bytes = readFileSync(`${fixtures}mlp.onnx`);
  const probe = (head: Uint8Array, extension: string, size = head.length) =>
    onnx.match({ path: `file${extension}`, isFolder: false, bytes: size, head, extension });
  expect(probe(bytes, '.onnx')).toBe(true);
  expect(probe(bytes, '.bin')).toBe(true);
  expect(probe(bytes.subarray(0, 200), '.onnx')).toBe(true); // cut short: reading it says so
  expect(probe(Buffer.from('ONNX is a format for models.\n'), '.onnx')).toBe(false);
  expect(probe(new Uint8Array(1000), '.onnx')).toBe(false);
  expect(probe(new Uint8Array(), '.onnx')).toBe(false);
  // The start of a SavedModel: a version and a message. https://www.tensorflow.org/guide/saved_model
  expect(probe(Buffer.from([8, 1, 18, 4, 0x0a, 2, 0x12, 0]), '.pb')).toBe(false);
  expect(
    onnx.match({ path: 'folder', isFolder: true, bytes: 0, head: new Uint8Array(), extension: '' }),
  ).toBe(false);
});
