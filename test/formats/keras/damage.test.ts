// Files broken by accident or on purpose: each is refused in words, none ends in a bare TypeError, a hang or a crash.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { numbers, tiny, type WeightFixture, weight } from '../../../fixtures/formats/keras/make.ts';
import { quietContext } from '../../../src/context.ts';
import { MlctlError } from '../../../src/errors.ts';
import keras from '../../../src/formats/keras/index.ts';
import { refusal, temporaryPath } from './run.ts';

const whole = readFileSync(
  fileURLToPath(new URL('../../../fixtures/formats/keras/tiny.h5', import.meta.url)),
);

/** The code the bytes are refused with, `read` when they are not. */
async function outcome(bytes: Uint8Array, path: string): Promise<string> {
  writeFileSync(path, bytes);
  try {
    await keras.describe(path, quietContext());
    await keras.read(path, quietContext());
    return 'read';
  } catch (error) {
    if (!(error instanceof MlctlError)) throw error;
    return error.code;
  }
}

describe('damaged bytes', () => {
  it('cut off anywhere', async () => {
    const path = temporaryPath();
    for (let length = 0; length < whole.length; length += 61) {
      const code = await outcome(whole.subarray(0, length), path);
      expect([length, code]).toEqual([length, length < 8 ? 'FORMAT_UNKNOWN' : 'MODEL_DAMAGED']);
    }
  });

  it('changed anywhere', async () => {
    const path = temporaryPath();
    const seen: Record<string, number> = {};
    for (let at = 0; at < whole.length; at += 13) {
      for (const value of [0, 0x7f, 0xff]) {
        const bytes = Buffer.from(whole);
        bytes[at] = value;
        const code = await outcome(bytes, path);
        seen[code] = (seen[code] ?? 0) + 1;
      }
    }
    expect(Object.keys(seen)).toEqual(expect.arrayContaining(['read', 'MODEL_DAMAGED']));
    expect(seen.INTERNAL).toBeUndefined();
  });

  it('a heap the HDF5 library would walk for ever', async () => {
    const bytes = Buffer.from(whole);
    // The fifth string of the heap claims 247 bytes; behind it only zeros follow.
    const size = bytes.indexOf('y/bias:0', bytes.indexOf('GCOL')) - 8;
    bytes[size] = 247;
    writeFileSync(temporaryPath(), bytes);
    const path = temporaryPath();
    writeFileSync(path, bytes);
    const { code, message } = await refusal(path);
    expect([code, message]).toEqual(['MODEL_DAMAGED', 'FILE is damaged: a heap of strings in it has no end']);
  });
});

const dense = (name: string, config: object = {}) => ({
  class_name: 'Dense',
  config: { name, units: 1, ...config },
});
const sequential = (...layers: object[]) => ({
  version: '2.15.0',
  config: {
    class_name: 'Sequential',
    config: {
      name: 's',
      layers: [
        { class_name: 'InputLayer', config: { batch_input_shape: [null, 2], dtype: 'float32', name: 'x' } },
        ...layers,
      ],
    },
  },
});

describe('architectures that contradict themselves', () => {
  const good: WeightFixture[] = [weight('a/kernel:0', [2, 1]), weight('a/bias:0', [1])];
  const damaged = async (fixture: Parameters<typeof refusal>[0]) => {
    const { code, message } = await refusal(fixture);
    expect(code).toBe('MODEL_DAMAGED');
    return message.replace('FILE is damaged: ', '');
  };

  it('weights that are missing, too many or of another shape', async () => {
    const of = (weights: WeightFixture[]) => damaged({ ...sequential(dense('a')), weights: { a: weights } });
    expect(await of([])).toBe('layer a: it has 0 weights in the file where 2 are expected (kernel, bias)');
    expect(await of(good.slice(0, 1))).toContain('it has 1 weights in the file where 2 are expected');
    expect(await of([...good, ...good.map((item) => ({ ...item, name: `${item.name}x` }))])).toContain(
      'it has 4 weights',
    );
    expect(await of([weight('a/kernel:0', [3, 1]), weight('a/bias:0', [1])])).toBe(
      'layer a: its kernel is 3 x 1 where 2 x 1 is expected',
    );
    expect(await of([weight('a/kernel:0', [2, 1, 1]), weight('a/bias:0', [1])])).toContain(
      'its kernel is 2 x 1 x 1 where',
    );
    expect(await damaged(sequential(dense('a')))).toContain('it has 0 weights');
  });

  it('sizes that nothing in the file backs', async () => {
    expect(await damaged({ ...sequential(dense('a', { units: 2 ** 30 })), weights: { a: good } })).toContain(
      'its kernel is 2 x 1 where 2 x 1073741824 is expected',
    );
    for (const units of [2 ** 40, 0, -1, 1.5, '3', null, [1]]) {
      expect(await damaged({ ...sequential(dense('a', { units })), weights: { a: good } })).toMatch(
        /^layer a: units is /,
      );
    }
    const norm = { class_name: 'BatchNormalization', config: { name: 'n', scale: false } };
    const wide = { class_name: 'RepeatVector', config: { name: 'r', n: 2 ** 31 } };
    expect(await damaged(sequential(wide, norm))).toMatch(/^layer r: n is /);
    const reshaped = { class_name: 'ZeroPadding1D', config: { name: 'z', padding: 2 ** 30 } };
    expect(
      await damaged(sequential({ class_name: 'RepeatVector', config: { name: 'r', n: 2 } }, reshaped, norm)),
    ).toContain('layer n');
  });

  it('layers of one name, layers without a name, no layers', async () => {
    expect(await damaged(sequential(dense('a'), dense('a')))).toBe('layer a: two layers are called a');
    expect(await damaged(sequential({ class_name: 'Dense', config: {} }))).toBe('a Dense layer has no name');
    expect(await damaged({ config: { class_name: 'Sequential', config: [] } })).toBe(
      'sequential has no layers',
    );
    expect(await damaged({ config: { class_name: 'Sequential', config: { name: 's' } } })).toBe(
      'the layers of s is missing instead of a list',
    );
    expect(await damaged({ config: {} })).toBe('its architecture has no class_name');
    expect(await damaged({ configText: '[1]' })).toContain('is not an object with class_name and config');
    expect(await damaged({ configText: '{"class_name": ' })).toContain('its architecture is not JSON');
  });

  const functional = (
    layers: object[],
    outputs: unknown = [['a', 0, 0]],
    inputs: unknown = [['x', 0, 0]],
  ) => ({
    version: '2.4.0',
    config: {
      class_name: 'Functional',
      config: { name: 'f', layers, input_layers: inputs, output_layers: outputs },
    },
  });
  const input = {
    class_name: 'InputLayer',
    name: 'x',
    config: { name: 'x', batch_input_shape: [null, 2] },
    inbound_nodes: [],
  };
  const call = (name: string, inbound: unknown) => ({
    class_name: 'Activation',
    name,
    config: { name, activation: 'relu' },
    inbound_nodes: inbound,
  });

  it('layers that wait for each other', async () => {
    const layers = [input, call('a', [[['b', 0, 0, {}]]]), call('b', [[['a', 0, 0, {}]]])];
    expect(await damaged(functional(layers))).toBe(
      'layers wait for each other or for a tensor nobody makes: a, b',
    );
    expect(await damaged(functional([input, call('a', [[['a', 0, 0, {}]]])]))).toContain(
      'wait for each other',
    );
  });

  it('tensors nobody makes', async () => {
    expect(await damaged(functional([input, call('a', [[['ghost', 0, 0, {}]]])]))).toContain(
      'a tensor nobody makes: a',
    );
    expect(await damaged(functional([input, call('a', [[['x', 0, 7, {}]]])]))).toContain(
      'uses output 7 of call 0 of x',
    );
    expect(await damaged(functional([input, call('a', [[['x', 3, 0, {}]]])]))).toContain(
      'a tensor nobody makes: a',
    );
    expect(await damaged(functional([input, call('a', [[['x', 0, 0, {}]]])], [['gone', 0, 0]]))).toContain(
      'of gone',
    );
    expect(
      await damaged(functional([input, call('a', [[['x', 0, 0, {}]]])], [['a', 0, 0]], [['gone', 0, 0]])),
    ).not.toBe('');
    for (const inbound of [5, [5], [[5]], [[['x', -1, 0]]], [[['x', 'y', 0]]], { args: 1 }, [[[null]]]]) {
      expect(await damaged(functional([input, call('a', inbound)]))).not.toBe('');
    }
    for (const outputs of [null, 5, [[5]], [['a']], 'a']) {
      expect(await damaged(functional([input, call('a', [[['x', 0, 0, {}]]])], outputs))).not.toBe('');
    }
  });

  it('shapes that are none', async () => {
    for (const batch_input_shape of [[null, -1], [null, 'a'], [null, 1e300], [], new Array(100).fill(2)]) {
      const first = { class_name: 'InputLayer', config: { name: 'x', batch_input_shape } };
      expect(
        await damaged({
          config: { class_name: 'Sequential', config: { name: 's', layers: [first, dense('a')] } },
        }),
      ).not.toBe('');
    }
  });

  it('windows that do not fit, groups that do not divide, axes that are not there', async () => {
    const image = { class_name: 'InputLayer', config: { name: 'x', batch_input_shape: [null, 4, 4, 3] } };
    const of = (class_name: string, config: object) =>
      damaged({
        config: {
          class_name: 'Sequential',
          config: { name: 's', layers: [image, { class_name, config: { name: 'c', ...config } }] },
        },
      });
    const kernel = { filters: 2, kernel_size: [5, 5], use_bias: false };
    expect(await of('Conv2D', { ...kernel, groups: 2 })).toContain('cannot be cut into 2 groups');
    expect(await of('MaxPooling2D', { pool_size: [5, 5] })).toContain(
      'its window of 5 does not fit into an axis of length 4',
    );
    expect(await of('Conv2D', { ...kernel, kernel_size: [0, 1] })).toContain('kernel_size');
    expect(await of('Conv2D', { ...kernel, padding: 'reflect' })).toContain(
      'padding is "reflect", known are valid, same',
    );
    expect(await of('Conv1D', kernel)).toContain('its input has 4 axes where 3 are expected');
    expect(await of('BatchNormalization', { axis: 9 })).toContain('axis 9 is not one of the 4 axes');
    expect(await of('Softmax', { axis: 9 })).toContain('axis 9');
    expect(await of('Permute', { dims: [1, 1, 2] })).toContain('do not order');
    expect(
      await of('ZeroPadding2D', {
        padding: [
          [1, -1],
          [0, 0],
        ],
      }),
    ).toContain('it adds or cuts');
  });

  it('a model that never learned its input shape', async () => {
    expect(await damaged({ config: { class_name: 'Sequential', config: [dense('a')] } })).toContain('shape');
  });
});

describe('depth and growth', () => {
  const nest = (depth: number): object => {
    let model: object = { class_name: 'Dense', config: { name: 'd', units: 1, use_bias: false } };
    for (let level = 0; level < depth; level++) {
      model = { class_name: 'Sequential', name: `m${level}`, config: { name: `m${level}`, layers: [model] } };
    }
    return model;
  };

  it('200 models inside one another are read', async () => {
    const path = temporaryPath();
    const { writeKerasHdf5 } = await import('../../../fixtures/formats/keras/make.ts');
    await writeKerasHdf5(path, {
      ...sequential(nest(200)),
      weights: { m199: [{ name: 'd/kernel:0', dims: [2, 1], data: numbers(2) }] },
    });
    const model = await keras.read(path, quietContext());
    expect(model.graph.nodes.map(({ opType }) => opType)).toEqual(['MatMul', 'Identity']);
  });

  it('2000 are refused, and so is JSON deeper than that', async () => {
    expect((await refusal(sequential(nest(400)))).message).toContain('nested more than 300 deep');
    expect(
      (
        await refusal({
          configText: `{"class_name": "Sequential", "config": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
        })
      ).message,
    ).toContain('nested more than');
  });

  it('a model called twice inside a model called twice … is stopped', async () => {
    const twice = (depth: number): object => {
      const inner =
        depth === 0
          ? { class_name: 'Activation', config: { name: 'n', activation: 'relu' } }
          : twice(depth - 1);
      const first = depth === 0 ? 0 : 1;
      return {
        class_name: 'Model',
        config: {
          name: 'n',
          layers: [
            {
              class_name: 'InputLayer',
              name: 'i',
              config: { name: 'i', batch_input_shape: [null, 1] },
              inbound_nodes: [],
            },
            { ...inner, name: 'n', inbound_nodes: [[['i', 0, 0]], [['n', first, 0]]] },
          ],
          input_layers: [['i', 0, 0]],
          output_layers: [['n', first + 1, 0]],
        },
      };
    };
    const { code, message } = await refusal({ version: '2.4.0', config: twice(40) });
    expect([code, message.replace(/layer [n/]+/, 'layer n')]).toEqual([
      'MODEL_DAMAGED',
      'FILE is damaged: layer n: its layers are called more than 200000 times',
    ]);
  });

  it('ten thousand layers in a row take linear time', async () => {
    const layers = Array.from({ length: 10_000 }, (_, index) => ({
      class_name: 'Activation',
      config: { name: `a${index}`, activation: 'relu' },
    }));
    const path = temporaryPath();
    const { writeKerasHdf5 } = await import('../../../fixtures/formats/keras/make.ts');
    await writeKerasHdf5(path, { ...sequential(...layers), weights: {} });
    const model = await keras.read(path, quietContext());
    expect(model.graph.nodes).toHaveLength(10_001);
  });
});

it('the committed file is what make.ts writes', async () => {
  const { writeKerasHdf5 } = await import('../../../fixtures/formats/keras/make.ts');
  const path = temporaryPath();
  await writeKerasHdf5(path, tiny);
  expect(readFileSync(path).length).toBe(whole.length);
});
