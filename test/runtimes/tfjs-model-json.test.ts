// tfjs' own model folders: layers and graph models, and folders that lie about their weights.

import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { float32, type Tensor } from '../../src/graph/tensor.ts';
import type { Session } from '../../src/runtimes/session.ts';
import tfjs from '../../src/runtimes/tfjs.ts';

const root = mkdtempSync(join(tmpdir(), 'mlctl-tfjs-'));
const corpus = process.env.MLCTL_CORPUS;
afterAll(() => rmSync(root, { recursive: true }));

/** y = x · w with w = [[1, 2], [3, 4]] */
const graph = {
  format: 'graph-model',
  modelTopology: {
    versions: { producer: 1 },
    node: [
      { name: 'x', op: 'Placeholder', attr: { dtype: { type: 'DT_FLOAT' }, shape: shape(-1, 2) } },
      { name: 'w', op: 'Const', attr: { dtype: { type: 'DT_FLOAT' }, value: { tensor: {} } } },
      { name: 'y', op: 'MatMul', input: ['x', 'w'], attr: { T: { type: 'DT_FLOAT' } } },
    ],
  },
  weightsManifest: [{ paths: ['w.bin'], weights: [{ name: 'w', shape: [2, 2], dtype: 'float32' }] }],
};

const layers = {
  format: 'layers-model',
  modelTopology: {
    class_name: 'Sequential',
    config: {
      name: 'model',
      layers: [
        {
          class_name: 'Dense',
          config: {
            name: 'out',
            units: 2,
            activation: 'linear',
            use_bias: false,
            batch_input_shape: [null, 2],
          },
        },
      ],
    },
  },
  weightsManifest: [{ paths: ['w.bin'], weights: [{ name: 'out/kernel', shape: [2, 2], dtype: 'float32' }] }],
};

function dense(config: object, className = 'Dense'): object {
  const [layer] = layers.modelTopology.config.layers;
  const changed = { class_name: className, config: { ...layer?.config, ...config } };
  return { ...layers, modelTopology: { class_name: 'Sequential', config: { layers: [changed] } } };
}

const numbers = Buffer.from(Float32Array.of(1, 2, 3, 4).buffer);

describe('models', () => {
  it.each([
    ['graph', graph, 'x', 'y'],
    ['layers', layers, 'out_input', 'out'],
  ])('runs a %s model from its folder', async (name, json, input, output) => {
    const session = await open(name, json);
    expect(session.inputs).toEqual([{ name: input, dtype: 'float32', shape: ['batch', 2] }]);
    expect(session.outputs[0]).toMatchObject({ name: output, dtype: 'float32' });
    const made = await session.run({ [input]: float32([2, 2], [1, 0, 10, 1]) });
    await session.release();
    expect(made).toEqual({ [output]: float32([2, 2], [1, 2, 13, 24]) });
  });

  it('reads quantized weights', async () => {
    const quantized = { dtype: 'uint8', min: 1, scale: 1 };
    const weights = [{ name: 'w', shape: [2, 2], dtype: 'float32', quantization: quantized }];
    const json = { ...graph, weightsManifest: [{ paths: ['w.bin'], weights }] };
    const session = await open('quantized', json, Buffer.from([0, 1, 2, 3]));
    const made = await session.run({ x: float32([1, 2], [1, 0]) });
    await session.release();
    expect(made.y?.data).toEqual(Float32Array.of(1, 2));
  });

  it('joins shards', async () => {
    const folder = join(root, 'shards');
    mkdirSync(folder);
    const json = { ...graph, weightsManifest: [{ ...graph.weightsManifest[0], paths: ['a.bin', 'b.bin'] }] };
    writeFileSync(join(folder, 'a.bin'), numbers.subarray(0, 6));
    writeFileSync(join(folder, 'b.bin'), numbers.subarray(6));
    writeFileSync(join(folder, 'model.json'), JSON.stringify(json));
    const session = await tfjs.open({ format: 'tfjs', path: join(folder, 'model.json') });
    const made = await session.run({ x: float32([1, 2], [0, 1]) });
    await session.release();
    expect(made.y?.data).toEqual(Float32Array.of(3, 4));
  });
});

describe('damaged folders', () => {
  beforeAll(() => {
    writeFileSync(join(root, 'secret.bin'), numbers);
  });

  const manifest = (paths: unknown, weights: unknown) => ({
    ...graph,
    weightsManifest: [{ paths, weights }],
  });
  const weight = { name: 'w', shape: [2, 2], dtype: 'float32' };

  it.each<[string, object | string, string]>([
    ['no JSON', '{"modelTopology": ', 'MODEL_DAMAGED'],
    ['a list', '[]', 'MODEL_DAMAGED'],
    ['no topology', { weightsManifest: [] }, 'MODEL_DAMAGED'],
    ['weights outside', manifest(['../secret.bin'], [weight]), 'EXTERNAL_DATA_OUTSIDE'],
    ['weights at an absolute path', manifest([join(root, 'secret.bin')], [weight]), 'EXTERNAL_DATA_OUTSIDE'],
    ['weights at an address', manifest(['http://127.0.0.1/w.bin'], [weight]), 'EXTERNAL_DATA_MISSING'],
    ['the folder as weights', manifest(['.'], [weight]), 'EXTERNAL_DATA_OUTSIDE'],
    ['no such weights', manifest(['v.bin'], [weight]), 'EXTERNAL_DATA_MISSING'],
    ['too few bytes', manifest(['w.bin'], [{ ...weight, shape: [2, 3] }]), 'MODEL_DAMAGED'],
    ['bytes left over', manifest(['w.bin'], [{ ...weight, shape: [2, 1] }]), 'MODEL_DAMAGED'],
    [
      'more than there can be',
      manifest(['w.bin'], [{ ...weight, shape: [2 ** 40, 2 ** 40] }]),
      'MODEL_DAMAGED',
    ],
    ['negative axis', manifest(['w.bin'], [{ ...weight, shape: [-2, -2] }]), 'MODEL_DAMAGED'],
    ['unknown dtype', manifest(['w.bin'], [{ ...weight, dtype: 'float17' }]), 'MODEL_DAMAGED'],
    ['no paths', manifest(undefined, [weight]), 'MODEL_DAMAGED'],
    ['a manifest of null', { ...graph, weightsManifest: [null] }, 'MODEL_DAMAGED'],
    [
      'an unknown layer',
      { ...layers, modelTopology: { class_name: 'Sequential', config: [] } },
      'RUNTIME_FAILED',
    ],
    ['a layer of a billion units', dense({ units: 1e9 }), 'RUNTIME_FAILED'],
    ['a layer without end', dense({ units: 1e300 }), 'RUNTIME_FAILED'],
    ['a layer named like a property of objects', dense({}, 'constructor'), 'RUNTIME_FAILED'],
    ['nodes that are none', { ...graph, modelTopology: { node: [null, 1] } }, 'RUNTIME_FAILED'],
  ])('%s', async (name, json, code) => {
    await expect(open(name, json)).rejects.toMatchObject({ code });
  });

  it('a link that leads out', async () => {
    const folder = write('link', graph);
    rmSync(join(folder, 'w.bin'));
    symlinkSync(join(root, 'secret.bin'), join(folder, 'w.bin'));
    await expect(tfjs.open({ format: 'tfjs', path: folder })).rejects.toMatchObject({
      code: 'EXTERNAL_DATA_OUTSIDE',
    });
  });

  it('nothing there', async () => {
    await expect(tfjs.open({ format: 'tfjs', path: join(root, 'none') })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
  });
});

describe.skipIf(corpus === undefined)('corpus (set MLCTL_CORPUS to run)', () => {
  const folder = join(corpus ?? '.', 'tfjs');
  const files =
    corpus === undefined
      ? []
      : readdirSync(folder, { recursive: true, encoding: 'utf8' })
          .filter(
            (file) => file.endsWith('.json') && !/test_data\/(data|dtype|shape|tf_\w+)\.json/.test(file),
          )
          .sort();

  it.each(files)('%s', async (file) => {
    const session = await tfjs.open({ format: 'tfjs', path: join(folder, file) });
    const made = await session.run(zeros(session));
    await session.release();
    expect(Object.keys(made)).toEqual(session.outputs.map(({ name }) => name));
    for (const { name, dtype } of session.outputs) expect(made[name]?.dtype).toBe(dtype);
  });
});

function zeros(session: Session): Record<string, Tensor> {
  return Object.fromEntries(
    session.inputs.map(({ name, dtype, shape: axes }) => {
      const dims = (axes ?? []).map((dim) => (typeof dim === 'number' ? dim : 2));
      const count = dims.reduce((product, dim) => product * dim, 1);
      const data = dtype === 'int32' ? new Int32Array(count) : new Float32Array(count);
      return [name, { dtype, dims, data }];
    }),
  );
}

function shape(...dims: number[]) {
  return { shape: { dim: dims.map((size) => ({ size: String(size) })) } };
}

function write(name: string, json: object | string, weights = numbers): string {
  const folder = join(root, name.replace(/\W+/g, '-'));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'w.bin'), weights);
  writeFileSync(join(folder, 'model.json'), typeof json === 'string' ? json : JSON.stringify(json));
  return folder;
}

async function open(name: string, json: object | string, weights = numbers): Promise<Session> {
  return tfjs.open({ format: 'tfjs', path: write(name, json, weights) });
}
