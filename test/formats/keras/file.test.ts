import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { numbers, tiny, weight } from '../../../fixtures/formats/keras/make.ts';
import { quietContext } from '../../../src/context.ts';
import type { Probe } from '../../../src/formats/definition.ts';
import { readKerasFile } from '../../../src/formats/keras/file.ts';
import keras from '../../../src/formats/keras/index.ts';
import { parsePythonJson } from '../../../src/formats/keras/json.ts';
import { refusal, temporaryPath, write } from './run.ts';

describe('readKerasFile', () => {
  it('gives the architecture, versions and weights in order', async () => {
    const path = await write({ ...tiny, hasOptimizer: true });
    const file = await readKerasFile(path, quietContext());
    try {
      expect(file.config.class_name).toBe('Sequential');
      expect(file.kerasVersion).toBe('2.15.0');
      expect(file.backend).toBe('tensorflow');
      expect(file.hasOptimizer).toBe(true);
      expect([...file.weights.keys()]).toEqual(['y']);
      expect(file.weights.get('y')?.map(({ name, dims, dtype }) => [name, dims, dtype])).toEqual([
        ['y/kernel:0', [2, 1], 'float32'],
        ['y/bias:0', [1], 'float32'],
      ]);
      expect(file.weights.get('y')?.[0]?.tensor().data).toEqual(Float32Array.of(1, -1));
    } finally {
      file.close();
    }
  });

  it('puts lists of names together that were too long for one attribute, in fixed-length strings too', async () => {
    const names = Array.from({ length: 7 }, (_, index) => `layer_${index}`);
    const weights = Object.fromEntries(
      names.map((name, index) => [name, index === 3 ? [] : [weight(`${name}/w:0`, [1])]]),
    );
    for (const hasFixedStrings of [false, true]) {
      const path = await write({ config: {}, weights, namesPerPart: 3, hasFixedStrings });
      const file = await readKerasFile(path, quietContext());
      try {
        expect([...file.weights.keys()]).toEqual(names);
        expect(file.weights.get('layer_3')).toEqual([]);
        expect(file.weights.get('layer_6')?.[0]?.name).toBe('layer_6/w:0');
      } finally {
        file.close();
      }
    }
  });

  it('reads the NaN and Infinity Python writes into JSON', () => {
    expect(
      parsePythonJson('{"a": NaN, "b": [-Infinity, Infinity], "c": "NaN, \\"Infinity\\"", "d": 1}'),
    ).toEqual({
      a: Number.NaN,
      b: [-Infinity, Infinity],
      c: 'NaN, "Infinity"',
      d: 1,
    });
    expect(() => parsePythonJson('{"a": Nan}')).toThrow(SyntaxError);
    expect(() => parsePythonJson('['.repeat(100_000))).toThrow('nested more than');
  });

  it('an architecture with such numbers still converts', async () => {
    const text = JSON.stringify(tiny.config).replace(
      '"use_bias":true',
      '"use_bias":true,"kernel_constraint":{"max_value":Infinity}',
    );
    const path = await write({ ...tiny, configText: text });
    expect((await keras.read(path, quietContext())).graph.outputs).toEqual(['y']);
  });
});

describe('match', () => {
  const probe = (head: Uint8Array, extension = '.h5'): Probe => ({
    path: `m${extension}`,
    isFolder: false,
    bytes: head.length,
    head,
    extension,
  });
  const hdf5 = Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0);

  it('goes by content, not by name', () => {
    expect(keras.match(probe(hdf5))).toBe(true);
    expect(keras.match(probe(hdf5, '.keras'))).toBe(true);
    expect(keras.match(probe(hdf5, '.bin'))).toBe(true);
    expect(keras.match(probe(Buffer.concat([Buffer.alloc(512), hdf5])))).toBe(true);
    expect(keras.match(probe(Buffer.from('hello')))).toBe(false);
    expect(keras.match({ ...probe(hdf5), isFolder: true })).toBe(false);
  });

  it('knows the zip of Keras 3 from other zips', () => {
    const zip = (name: string) =>
      Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(26), Buffer.from(name)]);
    expect(keras.match(probe(zip('metadata.json'), '.keras'))).toBe(true);
    expect(keras.match(probe(zip('word/document.xml'), '.docx'))).toBe(false);
  });
});

describe('files that are no Keras model', () => {
  const text = (content: string | Uint8Array, name = 'model.h5') => {
    const path = temporaryPath(name);
    writeFileSync(path, content);
    return path;
  };

  it('are told apart', async () => {
    const zip = Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(26), Buffer.from('config.json')]);
    for (const [path, code, words] of [
      [text('epoch,loss\n1,2\n'), 'FORMAT_UNKNOWN', 'it is what looks like a CSV file'],
      [text('<!DOCTYPE html><html>'), 'FORMAT_UNKNOWN', 'it is a web page'],
      [text('{"class_name": "Sequential"}'), 'FORMAT_UNKNOWN', 'it is JSON text'],
      [text('version https://git-lfs.github.com/spec/v1\noid sha256:0'), 'FORMAT_UNKNOWN', 'Git LFS pointer'],
      [text(''), 'FORMAT_UNKNOWN', 'it is empty'],
      [text(Uint8Array.of(0x1f, 0x8b, 8, 0)), 'FORMAT_UNKNOWN', 'gzip'],
      [text(Uint8Array.of(1, 2, 3, 0)), 'FORMAT_UNKNOWN', 'it does not have the HDF5 signature'],
      [text(zip, 'model.keras'), 'MODEL_DAMAGED', 'the directory at the end of the zip file is missing'],
      ['/nowhere/model.h5', 'FILE_NOT_FOUND', 'does not exist'],
    ] as const) {
      const refused = await refusal(path);
      expect([refused.code, refused.message]).toEqual([code, expect.stringContaining(words)]);
    }
  });

  it('weights without an architecture', async () => {
    const path = await write({ isWeightsOnly: true, weights: { a: [weight('a/kernel:0', [1, 1])], b: [] } });
    const { code, message } = await refusal(path);
    expect(code).toBe('WEIGHTS_ONLY');
    expect(message).toBe('FILE holds only weights (of a, b): the architecture, model_config, is not in it');
    const { code: described } = await keras.describe(path, quietContext()).catch((error) => error);
    expect(described).toBe('WEIGHTS_ONLY');
  });

  it('a data set in HDF5', async () => {
    const { File, ready } = await import('h5wasm/node');
    await ready;
    const path = temporaryPath();
    const file = new File(path, 'w');
    file.create_dataset({ name: 'images', data: numbers(4) });
    file.close();
    const { code, message } = await refusal(path);
    expect(code).toBe('NOT_A_MODEL');
    expect(message).toContain('it holds images');
  });
});

describe('describe', () => {
  it('says what the file is', async () => {
    const described = await keras.describe(await write({ ...tiny, hasOptimizer: true }), quietContext());
    expect(described).toEqual({
      format: 'keras',
      formatVersion: 'Keras 2.15.0',
      producer: 'keras on tensorflow',
      inputs: [{ name: 'x', dtype: 'float32', shape: ['batch', 2] }],
      outputs: [{ name: 'y', dtype: 'float32', shape: ['batch', 1] }],
      operators: { InputLayer: 1, Dense: 1 },
      parameters: 3,
      unsupported: [],
      facts: { architecture: 'Sequential tiny', 'optimizer state': 'in the file, never read' },
    });
  });

  it('works where reading does not', async () => {
    const layers = [
      { class_name: 'TorchModuleWrapper', config: { name: 'l', batch_input_shape: [null, 5, 2] } },
      { class_name: 'Lambda', config: { name: 'code' } },
    ];
    const path = await write({ config: { class_name: 'Sequential', config: layers }, version: '2.2.4' });
    const described = await keras.describe(path, quietContext());
    expect(described.inputs).toEqual([{ name: 'l_input', dtype: 'float32', shape: ['batch', 5, 2] }]);
    expect(described.outputs.map(({ name }) => name)).toEqual(['code']);
    expect(described.operators).toEqual({ InputLayer: 1, Lambda: 1, TorchModuleWrapper: 1 });
    expect(described.unsupported).toEqual([
      {
        opType: 'TorchModuleWrapper',
        reason: 'it holds PyTorch code, pickled, never run',
        where: ['l'],
        hint: 'replace it by built-in layers in Keras and save the model again, or cut the model before it with convert --outputs',
      },
      {
        opType: 'Lambda',
        reason: 'Python code, never run',
        where: ['code'],
        hint: expect.stringMatching(
          /^replace it by built-in layers \(.*or cut the model before it with convert --outputs$/,
        ),
      },
    ]);
  });

  it('names what is wrong with a model it can only half read', async () => {
    const weights = { y: [weight('y/kernel:0', [5, 5]), weight('y/bias:0', [1])] };
    const described = await keras.describe(await write({ ...tiny, weights }), quietContext());
    expect(described.operators).toEqual({ InputLayer: 1, Dense: 1 });
    expect(described.facts.problem).toContain('its kernel is 5 x 5 where 2 x 1 is expected');
  });
});
