// Folders of images through evaluate, predict, init and calibration, on models that hand their pixels through.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { GraphBuilder } from '../../src/graph/builder.ts';
import type { DType } from '../../src/graph/dtype.ts';
import type { Model, Shape } from '../../src/graph/model.ts';
import type { ImageSignature } from '../../src/graph/signature.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { readCalibration } from '../../src/lifecycle/calibration-data.ts';
import { planImages } from '../../src/lifecycle/evaluate/image-plan.ts';
import { evaluate } from '../../src/lifecycle/evaluate.ts';
import { init } from '../../src/lifecycle/init.ts';
import { type PredictOptions, predict } from '../../src/lifecycle/predict.ts';
import type { Feeds } from '../../src/runtimes/session.ts';
import { temporaryFolder } from '../datasets/folder.ts';
import { through, writeModel } from './evaluate-models.ts';

const folder = temporaryFolder();

async function image(path: string, [r, g, b]: readonly [number, number, number], size = 5): Promise<void> {
  const background = { r, g, b };
  const bytes = await sharp({ create: { width: size, height: size, channels: 3, background } })
    .png()
    .toBuffer();
  mkdirSync(dirname(join(folder.path, path)), { recursive: true });
  writeFileSync(join(folder.path, path), bytes);
}

/** The mean of each channel: three scores, the color. */
const means = (name: string, shape: Shape) =>
  writeModel(folder.path, name, [{ name: 'x', shape }], (b, [x = '']) => {
    b.output('y', b.add('GlobalAveragePool', [x]), 'float32', ['batch', 3, 1, 1]);
  });

const [red, green, blue] = [
  [200, 10, 20],
  [30, 210, 40],
  [50, 60, 220],
] as const;

beforeAll(async () => {
  await image('colors/a/1.png', red);
  await image('colors/a/2.png', red, 2);
  await image('colors/b/1.png', green, 9);
  await image('colors/c/1.png', blue);
  // Wrong on purpose.
  await image('colors/c/2.png', green);
  await image('flat/x.png', red);
  await image('flat/y.png', blue);
});

describe('evaluate', () => {
  it('takes the folder as the true value, classes in alphabetical order', async () => {
    const model = await means('chw', ['batch', 3, 4, 4]);
    const result = await evaluate({ model, data: 'colors' }, folder.context);
    expect(result).toMatchObject({
      rows: 5,
      target: ['folder'],
      features: { x: ['image'] },
      labels: ['a', 'b', 'c'],
      metrics: { accuracy: 0.8 },
    });
    expect(result.notes.join()).toMatch(/alphabetical order: a, b, c/);
    expect(result.dataDigest).toMatch(/^[0-9a-f]{64}$/);
  });

  it('in the order of --classes, and in batches of any size', async () => {
    const model = await means('chw', ['batch', 3, 4, 4]);
    const swapped = await evaluate({ model, data: 'colors', classes: ['c', 'b', 'a'] }, folder.context);
    expect(swapped.metrics.accuracy).toBe(0.2);
    for (const batch of [1, 2, 3]) {
      const same = await evaluate({ model, data: 'colors', batch }, folder.context);
      expect(same.metrics.accuracy).toBe(0.8);
    }
    const fixed = await means('fixed', [2, 3, 4, 4]);
    expect((await evaluate({ model: fixed, data: 'colors' }, folder.context)).metrics.accuracy).toBe(0.8);
  });

  it('knows all classes when only some rows are used', async () => {
    const model = await means('chw', ['batch', 3, 4, 4]);
    const first = await evaluate({ model, data: 'colors', limit: 2 }, folder.context);
    expect(first).toMatchObject({ rows: 2, labels: ['a', 'b', 'c'], metrics: { accuracy: 1 } });
  });

  it('takes true values of a folder without classes from a file, in the order of the paths', async () => {
    const model = await means('chw', ['batch', 3, 4, 4]);
    const labels = folder.write('labels.csv', 'class\n0\n2\n');
    const result = await evaluate({ model, data: 'flat', labels }, folder.context);
    expect(result.metrics.accuracy).toBe(1);
    const short = folder.write('short.csv', 'class\n0\n');
    await expect(evaluate({ model, data: 'flat', labels: short }, folder.context)).rejects.toMatchObject({
      code: 'ROWS_MISMATCH',
    });
  });

  it.each([
    ['no classes', { data: 'flat' }, 'TARGET_MISSING', /which classes/],
    ['another target', { data: 'colors', target: 'species' }, 'TARGET_MISSING', /species/],
    ['columns', { data: 'colors', features: ['a,b'] }, 'USAGE', /--features/],
    ['a class the model has not', { data: 'colors', classes: ['a', 'b', 'x'] }, 'LABEL_INVALID', /c\/1\.png/],
  ])('refused: %s', async (_, options, code, message) => {
    const model = await means('chw', ['batch', 3, 4, 4]);
    await expect(evaluate({ model, ...options }, folder.context)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});

describe('predict', () => {
  async function rows(
    shape: Shape,
    options: PredictOptions = {},
    dtype: DType = 'float32',
  ): Promise<number[]> {
    const model = await writeModel(
      folder.path,
      `through-${dtype}-${shape.join('-')}`,
      [{ name: 'x', shape, dtype }],
      (b, [x = '']) => b.output('y', b.add('Identity', [x]), dtype, shape),
    );
    const { content } = await predict({ model, data: 'flat/x.png', ...options }, folder.context);
    const [, line = ''] = content.join('').split('\n');
    return line.split(',').slice(1).map(Number);
  }
  const pixels = (count: number, color: readonly number[]) =>
    Array.from({ length: count }, () => color).flat();

  it('names the image of every row', async () => {
    const model = await means('chw', ['batch', 3, 4, 4]);
    const { content, result } = await predict({ model, data: 'colors', format: 'jsonl' }, folder.context);
    const lines = content.join('').trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { path: string }).path)).toEqual([
      'a/1.png',
      'a/2.png',
      'b/1.png',
      'c/1.png',
      'c/2.png',
    ]);
    expect(result.columns).toEqual(['path', 'y_0', 'y_1', 'y_2']);
  });

  it('feeds channels last or first, one, three or four of them, and grids without', async () => {
    const gray = Math.round(0.299 * 200 + 0.587 * 10 + 0.114 * 20);
    expect(await rows(['batch', 2, 3, 3])).toEqual(pixels(6, red));
    expect(await rows(['batch', 3, 2, 5])).toEqual([200, 10, 20].flatMap((value) => pixels(10, [value])));
    expect(await rows(['batch', 2, 2, 4])).toEqual(pixels(4, [...red, 255]));
    expect(await rows(['batch', 2, 2, 1])).toEqual(pixels(4, [gray]));
    expect(await rows(['batch', 1, 2, 2])).toEqual(pixels(4, [gray]));
    expect(await rows(['batch', 2, 2])).toEqual(pixels(4, [gray]));
  });

  it('keeps bytes for inputs of bytes', async () => {
    expect(await rows(['batch', 2, 2, 3], {}, 'uint8')).toEqual(pixels(4, red));
    expect(await rows(['batch', 2, 2, 3], { mean: [128] }, 'int8')).toEqual(pixels(4, [72, -118, -108]));
    await expect(rows(['batch', 2, 2, 3], {}, 'int8')).rejects.toMatchObject({
      code: 'FEATURES_MISMATCH',
      hint: expect.stringContaining('--mean 128'),
    });
  });

  it('scales by channel wherever the channels are', async () => {
    const flags = { scale: 0.5, mean: [1, 2, 3], std: [2, 4, 8] };
    const color = [(100 - 1) / 2, (5 - 2) / 4, (10 - 3) / 8];
    expect(await rows(['batch', 2, 2, 3], flags)).toEqual(pixels(4, color));
    expect(await rows(['batch', 3, 2, 2], flags)).toEqual(color.flatMap((value) => pixels(4, [value])));
  });

  async function withManifest(shape: Shape, signature: ImageSignature & { readonly top?: number }) {
    const { top, ...of } = signature;
    const model = await through(folder.path, shape, `m-${shape.join('-')}`);
    const manifest = {
      apiVersion: 'mlctl/v1',
      name: 'm',
      model,
      signature: { inputs: { x: { image: of, ...(top === undefined ? {} : { scale: top }) } } },
    };
    const config = folder.write('m.yaml', JSON.stringify(manifest));
    return rows(shape, { model, config });
  }

  it('does as the manifest says: size, order of channels, scale, mean, std', async () => {
    const any: Shape = ['batch', 'h', 'w', 3];
    expect(await withManifest(any, { size: [2, 3] })).toEqual(pixels(6, red));
    expect(await withManifest(any, { size: [1, 1], channels: 'bgr' })).toEqual([20, 10, 200]);
    expect(await withManifest(any, { size: [1, 1], scale: 0.5, mean: [1, 2, 3], std: 2 })).toEqual([
      49.5, 1.5, 3.5,
    ]);
    expect(await withManifest(any, { size: [1, 1], scale: 0.5, top: 9 })).toEqual([100, 5, 10]);
    expect(await withManifest(any, { size: [1, 1], top: 2 })).toEqual([400, 20, 40]);
    expect(await withManifest(['batch', 12], { size: [2, 2] })).toEqual(pixels(4, red));
  });

  it('a damaged image is named, whatever its batch', async () => {
    const good = await sharp({ create: { width: 40, height: 40, channels: 3, background: '#123456' } })
      .jpeg()
      .toBuffer();
    mkdirSync(join(folder.path, 'torn'), { recursive: true });
    for (const name of ['1', '2', '4']) writeFileSync(join(folder.path, 'torn', `${name}.jpg`), good);
    writeFileSync(join(folder.path, 'torn/3.jpg'), good.subarray(0, good.length - 30));
    writeFileSync(join(folder.path, 'torn/5.jpg'), '');
    const model = await means('chw', ['batch', 3, 4, 4]);
    await expect(predict({ model, data: 'torn' }, folder.context)).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining(join('torn', '3.jpg')),
    });
  });
});

describe('the plan of an input', () => {
  const plan = (shape: Shape | undefined, image?: ImageSignature) => {
    const { spec, isChannelsFirst } = planImages({ name: 'x', shape }, image);
    return [spec.height, spec.width, spec.channels, isChannelsFirst ? 'first' : 'last'];
  };

  it.each<[Shape, ReturnType<typeof plan>]>([
    [
      ['b', 32, 48, 3],
      [32, 48, 3, 'last'],
    ],
    [
      ['b', 3, 32, 48],
      [32, 48, 3, 'first'],
    ],
    [
      ['b', 28, 28, 1],
      [28, 28, 1, 'last'],
    ],
    [
      ['b', 1, 28, 28],
      [28, 28, 1, 'first'],
    ],
    [
      ['b', 4, 4, 3],
      [4, 4, 3, 'last'],
    ],
    [
      ['b', 3, 4, 4],
      [4, 4, 3, 'first'],
    ],
  ])('%j', (shape, expected) => {
    expect(plan(shape)).toEqual(expected);
  });

  it.each<[string, Shape | undefined, ImageSignature | undefined]>([
    ['any size', ['b', 'h', 'w', 3], undefined],
    ['another size than the model has', ['b', 32, 32, 3], { size: [64, 64] }],
    ['flat without a size', ['b', 784], undefined],
    ['flat of another size', ['b', 784], { size: [20, 20] }],
    ['two channels', ['b', 32, 32, 2], undefined],
    ['sound', ['b', 16, 8, 3, 3], undefined],
    ['no shape', undefined, undefined],
    ['far too large', ['b', 'h', 'w', 3], { size: [60_000, 60_000] }],
  ])('refused: %s', (_, shape, image) => {
    expect(() => plan(shape, image)).toThrow(expect.objectContaining({ code: 'FEATURES_MISMATCH' }));
  });
});

describe('calibration', () => {
  /** A batch is valid until the next. */
  function redsOf(feeds: Iterable<Feeds>): number[] {
    const reds: number[] = [];
    for (const { x } of feeds) reds.push(...numbersOf(x).filter((_, i) => i % 3 === 0));
    return reds;
  }

  const numbersOf = (tensor: Tensor | undefined) => Array.from((tensor?.data ?? []) as Float32Array);

  const model = (): Model => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', ['batch', 1, 1, 3]);
    b.output('y', b.add('Relu', [x]), 'float32', ['batch', 1, 1, 3]);
    return b.model({ name: 't', version: '1' });
  };

  it('takes images evenly from the whole folder, the same each time', async () => {
    for (let i = 0; i < 21; i++)
      await image(`many/${i % 3}/${String(i).padStart(2, '0')}.png`, [i * 10, 0, 0], 1);
    const data = await readCalibration(model(), { data: 'many', samples: 5, batch: 2 }, folder.context);
    expect(data.rows).toBe(5);
    // Sorted by class: 0, 3 … 18, then 1, 4 … 19, then 2, 5 … 20; every fifth of them.
    expect(redsOf(data.feeds)).toEqual([0, 150, 100, 50, 200]);
    expect(redsOf(data.feeds)).toEqual([0, 150, 100, 50, 200]);
    const all = await readCalibration(
      model(),
      { data: 'many', batch: 4, scaling: { scale: 0.1 } },
      folder.context,
    );
    expect(all.rows).toBe(21);
    expect(redsOf(all.feeds).sort((a, b) => a - b)).toEqual(Array.from({ length: 21 }, (_, i) => i));
  });
});

describe('init', () => {
  it('writes the classes, the size and the folder, and the manifest evaluates', async () => {
    const model = await means('chw', ['batch', 3, 4, 4]);
    const { content = '' } = await init({ model, data: 'colors', output: '-' }, folder.context);
    expect(parse(content)).toMatchObject({
      signature: {
        inputs: { x: { image: { size: [4, 4] } } },
        outputs: { y: { labels: ['a', 'b', 'c'] } },
      },
      evaluate: { data: 'colors' },
    });
    const config = folder.write('written.yaml', content);
    expect((await evaluate({ config }, folder.context)).metrics.accuracy).toBe(0.8);
  });

  it.each([
    ['no class folders', { data: 'flat' }, /no folder per class/],
    ['a target', { data: 'colors', target: 'x' }, /--target/],
  ])('refused: %s', async (_, options, message) => {
    const model = await means('chw', ['batch', 3, 4, 4]);
    await expect(init({ model, ...options, output: '-' }, folder.context)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(message),
    });
  });
});
