// convert's options about the graph, from flags and from a manifest: what the file is, that it is compared with the right
// thing, and what is refused before any work.

import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Context, quietContext } from '../../src/context.ts';
import type { Format } from '../../src/formats/definition.ts';
import { formats } from '../../src/formats/index.ts';
import { type ConvertOptions, convert } from '../../src/lifecycle/convert.ts';
import { inspect } from '../../src/lifecycle/inspect.ts';
import { OLDEST_WRITTEN } from '../../src/ops/downgrade.ts';
import { NEWEST_OPSET } from '../../src/ops/upgrade.ts';

const corpus = process.env.MLCTL_CORPUS;
let folder = '';
let context: Context = quietContext();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'convert-graph-'));
  for (const name of ['iris.h5', 'digits.h5'])
    await copyFile(resolve('fixtures/demo', name), join(folder, name));
  context = quietContext({ cwd: folder });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const go = async (options: ConvertOptions) =>
  (await convert({ model: 'digits.h5', to: ['onnx'], ...options }, context)).result;
const look = async (model: string) => {
  const { formatVersion, inputs, outputs } = await inspect({ model }, context);
  const spell = ({ name, shape }: { name: string; shape: readonly unknown[] }) => `${name}[${shape.join()}]`;
  return { formatVersion, inputs: inputs.map(spell), outputs: outputs.map(spell) };
};

describe('graph options of convert', () => {
  it('change the interface, and parity compares the same interface', async () => {
    const result = await go({
      opset: 13,
      outputs: ['max_pooling2d,digit'],
      batch: 1,
      inputsAsNchw: ['all'],
      rename: ['image=pixels', 'digit=class'],
    });
    expect(result.artifacts[0]).toMatchObject({ state: 'written', parity: { passed: true } });
    expect(result.artifacts[0]?.parity?.outputs.map(({ name }) => name)).toEqual(['max_pooling2d', 'class']);
    expect(await look('digits.onnx')).toEqual({
      formatVersion: 'opset 13, IR 7',
      inputs: ['pixels[1,1,8,8]'],
      outputs: ['max_pooling2d[1,4,4,6]', 'class[1,10]'],
    });
  });

  it('leave no Transpose in front of a convolution', async () => {
    const { artifacts } = await go({ inputsAsNchw: ['image'] });
    expect(artifacts[0]?.transposes).toMatchObject({ remaining: 0, atBoundary: 0 });
  });

  it('hold without the optimizer, too', async () => {
    const { artifacts } = await go({ opset: 9, batch: 'N', inputsAsNchw: ['all'], optimize: false });
    expect(artifacts[0]?.parity?.passed).toBe(true);
    expect(await look('digits.onnx')).toMatchObject({ inputs: ['image[N,1,8,8]'], outputs: ['digit[N,10]'] });
  });

  it('find the first layer that differs under its own name', async () => {
    const { artifacts } = await go({
      opset: 13,
      inputsAsNchw: ['all'],
      rename: ['digit=class'],
      tolerance: 1e-12,
    });
    expect(artifacts[0]?.state).toBe('rejected');
    expect(artifacts[0]?.parity?.firstDivergence?.node).toMatch(/conv2d|batch_normalization/);
    expect(await readdir(folder)).toEqual(['digits.h5', 'iris.h5']);
  });

  it('come from the manifest, each artifact with its own, and flags win', async () => {
    await writeFile(
      join(folder, 'mlctl.yaml'),
      `apiVersion: mlctl/v1
name: digits
model: digits.h5
convert:
  - { to: onnx, output: plain.onnx }
  - { to: onnx, output: small.onnx, opset: 17, outputs: [conv2d_1], batch: 2, inputsAsNchw: all, rename: { image: x } }
  - { to: onnx, output: other.onnx, inputsAsNchw: [image], batch: n }
`,
    );
    const run = async (options: ConvertOptions) =>
      (await convert({ config: 'mlctl.yaml', force: true, ...options }, context)).result;
    const { artifacts } = await run({});
    expect(artifacts.map(({ path, parity }) => [path, parity?.passed])).toEqual([
      ['plain.onnx', true],
      ['small.onnx', true],
      ['other.onnx', true],
    ]);
    expect(await look('plain.onnx')).toMatchObject({
      formatVersion: 'opset 18, IR 8',
      inputs: ['image[batch,8,8,1]'],
    });
    expect(await look('small.onnx')).toEqual({
      formatVersion: 'opset 17, IR 8',
      inputs: ['x[2,1,8,8]'],
      outputs: ['conv2d_1[2,2,2,12]'],
    });
    expect(await look('other.onnx')).toMatchObject({ inputs: ['image[n,1,8,8]'] });
    await run({ opset: 15, batch: 1, rename: ['image=y'] });
    expect(await look('small.onnx')).toMatchObject({
      formatVersion: 'opset 15, IR 8',
      inputs: ['y[1,1,8,8]'],
    });
    expect(await look('plain.onnx')).toMatchObject({
      formatVersion: 'opset 15, IR 8',
      inputs: ['y[1,8,8,1]'],
    });
  });

  it('give the same bytes each time', async () => {
    const options = { opset: 11, batch: 1, inputsAsNchw: ['all'], rename: ['digit=d'] };
    const shas = [];
    for (const output of ['a.onnx', 'b.onnx'])
      shas.push((await go({ ...options, output })).artifacts[0]?.sha256);
    expect(shas[0]).toBe(shas[1]);
  });

  it.each<[ConvertOptions, RegExp]>([
    [{ opset: 8 }, /writes opset 9 to 26, not 8/],
    [{ opset: 27 }, /writes opset 9 to 26, not 27/],
    [{ outputs: ['a,,b'] }, /--outputs has an empty name/],
    [{ outputs: ['dense_99'] }, /no value, node or layer "dense_99"/],
    [{ rename: ['digit'] }, /--rename takes old=new, got "digit"/],
    [{ rename: ['digit=a=b'] }, /--rename takes old=new/],
    [{ rename: ['digit=a', 'digit=b'] }, /--rename names "digit" twice/],
    [{ rename: ['digit=image'] }, /another value of the model is called "image"/],
    [{ inputsAsNchw: ['picture'] }, /no input "picture"/],
    [{ model: 'iris.h5', inputsAsNchw: ['all'] }, /no input has 4 or 5 axes/],
  ])('%j is refused', async (options, words) => {
    await expect(go(options)).rejects.toMatchObject({ code: 'USAGE', message: expect.stringMatching(words) });
    expect(await readdir(folder)).toEqual(['digits.h5', 'iris.h5']);
  });

  it('know the opsets that the writer knows', () => {
    const onnx = (formats as readonly Format[]).find(({ name }) => name === 'onnx');
    expect(onnx?.opsets).toEqual([OLDEST_WRITTEN, NEWEST_OPSET]);
  });
});

describe.skipIf(corpus === undefined)('Keras convnets for older runtimes (needs MLCTL_CORPUS)', () => {
  it.each(['keras-h5/mlperf-tiny/pretrainedResnet.h5', 'keras-h5/mini-xception/tiny_XCEPTION_KDEF.hdf5'])(
    '%s',
    async (name) => {
      for (const opset of [9, 13, 17]) {
        const { artifacts } = await go({
          model: join(corpus ?? '', name),
          opset,
          batch: 1,
          inputsAsNchw: ['all'],
          dryRun: true,
          samples: 2,
        });
        expect(artifacts[0]).toMatchObject({
          parity: { passed: true },
          transposes: { remaining: 0, atBoundary: 0 },
        });
      }
    },
  );
});
