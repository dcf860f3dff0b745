// An error is put into the weights of one layer of a written file; the layer has to be named, whatever rewriting did.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type FileFixture, numbers, weight, writeKerasHdf5 } from '../../fixtures/formats/keras/make.ts';
import { quietContext } from '../../src/context.ts';
import keras from '../../src/formats/keras/index.ts';
import { encodeOnnxBytes } from '../../src/formats/onnx/encode.ts';
import { readBytes } from '../../src/formats/onnx/read.ts';
import { int } from '../../src/graph/attribute.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import type { Model } from '../../src/graph/model.ts';
import { float32 } from '../../src/graph/tensor.ts';
import { type Divergence, firstDivergence } from '../../src/lifecycle/convert/divergence.ts';
import { findPoints } from '../../src/lifecycle/convert/points.ts';
import { optimize } from '../../src/lifecycle/optimize.ts';
import { sampleInputs } from '../../src/lifecycle/sample-inputs.ts';
import type { TensorInfo } from '../../src/runtimes/session.ts';
import { run } from '../cli/run.ts';
import { input, layer, model } from '../formats/keras/architecture.ts';

const folder = mkdtempSync(join(tmpdir(), 'mlctl-divergence-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const context = quietContext({ cwd: process.cwd() });

/** Reads the file, writes it as ONNX with one weight changed, and asks where it went wrong. */
async function diverges(path: string, weightName: string | undefined): Promise<Divergence | undefined> {
  const before = await keras.read(path, context);
  const rewritten = await keras.read(path, context);
  await optimize(rewritten, context);
  const after = await readBytes(await encodeOnnxBytes(rewritten), 'written.onnx', context);
  if (weightName !== undefined) change(after, weightName);
  return firstDivergence(before, after, feedsOf(before), 1e-4);
}

function change({ graph }: Model, start: string): void {
  const name = [...graph.initializers.keys()].find((name) => name.startsWith(start));
  const tensor = graph.initializers.get(name ?? '');
  if (name === undefined || tensor === undefined)
    throw new Error(`${start}: ${[...graph.initializers.keys()]}`);
  const data = Float32Array.from(tensor.data as Float32Array, (value, index) => value + (index % 3) + 1);
  graph.initializers.set(name, { ...tensor, data });
}

function feedsOf({ graph }: Model) {
  const inputs = graph.inputs.flatMap((name): TensorInfo[] => {
    const type = graph.types.get(name);
    return type?.kind === 'tensor' ? [{ name, dtype: type.dtype, shape: type.shape }] : [];
  });
  return sampleInputs(inputs, { batch: 2, seed: 3 });
}

async function file(name: string, fixture: FileFixture): Promise<string> {
  const path = join(folder, `${name}.h5`);
  await writeKerasHdf5(path, { version: '2.11.0', backend: 'tensorflow', ...fixture });
  return path;
}

const dense = (name: string, from: number, to: number) => [
  weight(`${name}/kernel:0`, [from, to], from + to + name.length),
  weight(`${name}/bias:0`, [to], 5),
];

describe('first divergence', () => {
  const digits = 'fixtures/demo/digits.h5';

  it.each([
    ['conv2d_1/kernel', 'conv2d_1', []],
    ['conv2d_1/bias', 'conv2d_1', []],
    ['digit/kernel', 'digit', []],
    // The convolution and its batch normalization are one operator: the last of them is compared.
    ['conv2d/kernel', 'batch_normalization', ['conv2d']],
  ])('a convolutional network: %s', async (name, expected, fused) => {
    const found = await diverges(digits, name);
    expect(found).toMatchObject({ layer: expected, fused });
    expect(found?.maxRel).toBeGreaterThan(1e-3);
  });

  it('agrees with itself, in every layer that can be compared', async () => {
    expect(await diverges(digits, undefined)).toBeUndefined();
    const [before, after] = [await keras.read(digits, context), await keras.read(digits, context)];
    await optimize(after, context);
    const { points, unmatched } = findPoints(before, after);
    expect(points.map(({ name }) => name)).toEqual([
      'batch_normalization',
      'activation',
      'max_pooling2d',
      'conv2d_1',
      'digit',
    ]);
    expect([...unmatched.values()]).toEqual(['conv2d', 'flatten']);
  });

  it('a recurrent network', async () => {
    const path = await file('recurrent', {
      config: {
        class_name: 'Sequential',
        config: {
          name: 'net',
          layers: [
            {
              class_name: 'LSTM',
              config: { name: 'first', units: 3, return_sequences: true, batch_input_shape: [null, 4, 2] },
            },
            { class_name: 'GRU', config: { name: 'second', units: 2, reset_after: false } },
            { class_name: 'Dense', config: { name: 'last', units: 2, activation: 'linear' } },
          ],
        },
      },
      weights: {
        first: [
          weight('first/kernel:0', [2, 12], 1),
          weight('first/recurrent_kernel:0', [3, 12], 2),
          weight('first/bias:0', [12], 3),
        ],
        second: [
          weight('second/kernel:0', [3, 6], 4),
          weight('second/recurrent_kernel:0', [2, 6], 5),
          weight('second/bias:0', [6], 6),
        ],
        last: dense('last', 2, 2),
      },
    });
    expect(await diverges(path, undefined)).toBeUndefined();
    for (const name of ['first', 'second', 'last']) {
      expect((await diverges(path, `${name}/`))?.layer).toBe(name);
    }
  });

  const nested = () => {
    const inner = model(
      'inner',
      [
        input('in', 3),
        layer('Dense', 'one', { units: 3, activation: 'relu' }, ['in', 0, 0, {}]),
        layer('Dense', 'two', { units: 2 }, ['one', 0, 0, {}]),
      ],
      [['in', 0, 0]],
      [['two', 0, 0]],
    );
    return model(
      'outer',
      [
        input('x', 3),
        input('y', 3),
        layer('Dense', 'shared', { units: 3, activation: 'tanh' }, ['x', 0, 0, {}]),
        { ...inner, name: 'inner', inbound_nodes: [[['shared', 0, 0, {}]]] },
        layer('Dense', 'last', { units: 2 }, ['join', 0, 0, {}]),
      ],
      [
        ['x', 0, 0],
        ['y', 0, 0],
      ],
      [['last', 0, 0]],
    );
  };

  it('a model inside of a model, and a layer called twice', async () => {
    const config = nested() as unknown as { config: { layers: Record<string, unknown>[] } };
    const { layers } = config.config;
    const shared = layers.find(({ name }) => name === 'shared');
    // Called on both inputs; both results go through the inner model.
    if (shared) shared.inbound_nodes = [[['x', 0, 0, {}]], [['y', 0, 0, {}]]];
    const inner = layers.find(({ name }) => name === 'inner');
    if (inner) inner.inbound_nodes = [[['shared', 0, 0, {}]], [['shared', 1, 0, {}]]];
    layers.splice(
      4,
      0,
      layer('Add', 'join', {}, [
        ['inner', 0, 0, {}],
        ['inner', 1, 0, {}],
      ]) as never,
    );
    const path = await file('nested', {
      config,
      weights: {
        shared: dense('shared', 3, 3),
        inner: [...dense('one', 3, 3), ...dense('two', 3, 2)],
        last: dense('last', 2, 2),
      },
    });
    expect(await diverges(path, undefined)).toBeUndefined();
    expect((await diverges(path, 'shared/kernel'))?.layer).toBe('shared');
    expect((await diverges(path, 'inner/one/kernel'))?.layer).toBe('inner/one');
    expect((await diverges(path, 'inner/two/kernel'))?.layer).toBe('inner/two');
    expect((await diverges(path, 'last/kernel'))?.layer).toBe('last');
  });

  it('narrows down a graph of many layers, branches included', async () => {
    const layers = Array.from({ length: 90 }, (_, index) => `layer${index}`);
    const inbound = (index: number) => (index === 0 ? 'x' : index === 45 ? 'layer10' : `layer${index - 1}`);
    const path = await file('deep', {
      config: model(
        'deep',
        [
          input('x', 3),
          ...layers.map((name, index) =>
            layer('Dense', name, { units: 3, activation: 'tanh' }, [inbound(index), 0, 0, {}]),
          ),
          layer('Add', 'sum', {}, [
            ['layer44', 0, 0, {}],
            ['layer89', 0, 0, {}],
          ]),
        ],
        [['x', 0, 0]],
        [['sum', 0, 0]],
      ),
      weights: Object.fromEntries(
        layers.map((name, index) => [
          name,
          [
            { name: `${name}/kernel:0`, dims: [3, 3], data: Float32Array.from([1, 0, 0, 0, 1, 0, 0, 0, 1]) },
            { name: `${name}/bias:0`, dims: [3], data: numbers(3, index).map((value) => value / 10) },
          ],
        ]),
      ),
    });
    expect(await diverges(path, undefined)).toBeUndefined();
    for (const index of [0, 7, 31, 32, 44, 45, 60, 89]) {
      expect((await diverges(path, `layer${index}/bias`))?.layer).toBe(`layer${index}`);
    }
  });

  it('a value that kept its name but not the order of its axes', async () => {
    const graph = (isTurned: boolean, slope: number) => {
      const b = new GraphBuilder('g');
      const x = b.input('x', 'float32', ['n', 2, 3, 4]);
      const turn = (value: string, perm: number[], name: string) =>
        isTurned ? b.add('Transpose', [value], { name, attributes: { perm: int(perm) } }) : value;
      const factor = b.constant('factor', float32([1], [slope]));
      const inside = b.add('Mul', [turn(x, [0, 2, 3, 1], 'in'), factor], {
        name: 'scaled',
        outputs: ['scaled'],
      });
      const more = b.add('Sin', [turn(inside, [0, 3, 1, 2], 'out')], { name: 'sine' });
      b.output('y', more, 'float32', ['n', 2, 3, 4]);
      return b.model({ name: 't', version: '' });
    };
    const feeds = feedsOf(graph(false, 1));
    expect(await firstDivergence(graph(false, 2), graph(true, 2), feeds, 1e-4)).toBeUndefined();
    const found = await firstDivergence(graph(false, 2), graph(true, 2.5), feeds, 1e-4);
    expect(found).toMatchObject({ layer: null, node: 'scaled', value: 'scaled' });
  });

  it('a second format: what its reader makes of the written file is compared', async () => {
    const tflite = (await import('../../src/formats/index.ts')).formats.find(({ name }) => name === 'tflite');
    if (!tflite?.write) throw new Error('TFLite is not written');
    const rewritten = await keras.read(digits, context);
    await optimize(rewritten, context);
    for (const [start, expected] of [
      [undefined, undefined],
      ['conv2d_1/kernel', 'conv2d_1'],
      ['digit/bias', 'digit'],
    ] as const) {
      const broken = { ...rewritten, graph: { ...rewritten.graph } };
      broken.graph.initializers = new Map(rewritten.graph.initializers);
      if (start) change(broken, start);
      const files = await tflite.write(broken, { fileName: 'digits.tflite' }, context);
      const path = join(folder, 'digits.tflite');
      writeFileSync(path, Buffer.concat(files[0]?.chunks ?? []));
      const before = await keras.read(digits, context);
      const after = await tflite.read(path, context);
      const found = await firstDivergence(before, after, feedsOf(before), 1e-4);
      expect(found?.layer).toBe(expected);
    }
  });

  it('is printed with the size of the difference', async () => {
    const argv = ['convert', digits, '--to', 'onnx', '--dry-run', '--tolerance', '1e-12'];
    const { code, stdout } = await run(...argv, { cwd: process.cwd() });
    expect(code).toBe(1);
    expect(stdout).toMatch(/first divergence\s+layer "\w+" max \|Δ\| \S+ \(\S+ of its scale\)/);
  });
});
