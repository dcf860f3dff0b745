// A .tflite file where any model goes: predict, evaluate and serve.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quietContext } from '../../src/context.ts';
import type { Diagnostic } from '../../src/diagnostics.ts';
import { encodeNpy } from '../../src/encoding/npy.ts';
import { encodeTfliteBytes } from '../../src/formats/tflite/encode.ts';
import { readTfliteFile } from '../../src/formats/tflite/file.ts';
import { evaluate } from '../../src/lifecycle/evaluate.ts';
import { predict } from '../../src/lifecycle/predict.ts';
import { serve } from '../../src/lifecycle/serve.ts';

const fixture = (name: string) =>
  new URL(`../../fixtures/formats/tflite/${name}.tflite`, import.meta.url).pathname;
const corpus = process.env.MLCTL_CORPUS;
const found: Diagnostic[] = [];
let folder: string;
const context = () => quietContext({ cwd: folder, diagnose: (diagnostic) => found.push(diagnostic) });

const rows = Array.from({ length: 9 }, (_, row) =>
  Array.from({ length: 4 }, (_, column) => Math.sin(row * 4 + column)),
);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mlctl-tflite-'));
  const lines = rows.map((row) => row.join(','));
  writeFileSync(join(folder, 'rows.csv'), ['a,b,c,d', ...lines].join('\n'));
  const stored = rows.flat().map((value) => Math.round((value * 127) / 2));
  writeFileSync(join(folder, 'stored.npy'), encodeNpy('int8', [9, 4], Int8Array.from(stored)));
  writeFileSync(join(folder, 'real.npy'), encodeNpy('float32', [9, 4], Float32Array.from(rows.flat())));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function scores(model: string, data: string, runtime?: string): Promise<number[]> {
  const options = { model: fixture(model), data, format: 'csv' as const };
  const { content } = await predict(runtime === undefined ? options : { ...options, runtime }, context());
  const [, ...lines] = Buffer.concat(content.map((part) => Buffer.from(part)))
    .toString()
    .trim()
    .split('\n');
  return lines.flatMap((line) => line.split(',').map(Number));
}

function expectClose(actual: readonly number[], expected: readonly number[], most: number): void {
  expect(actual).toHaveLength(expected.length);
  for (const [index, value] of expected.entries())
    expect(Math.abs(Number(actual[index]) - value)).toBeLessThan(most);
}

describe('a quantized model', () => {
  it('takes real numbers and gives them, in both runtimes', async () => {
    const float = await scores('mlp', 'rows.csv');
    const quantized = await scores('mlp-int8', 'rows.csv');
    expectClose(quantized, float, 0.02);
    expectClose(await scores('mlp-int8', 'real.npy'), quantized, 1e-9);
    // One step of the output is 1/256.
    expectClose(await scores('mlp-int8', 'rows.csv', 'onnxruntime'), quantized, 1.5 / 256);
  });

  it('takes arrays of what it stores as they are', async () => {
    expectClose(await scores('mlp-int8', 'stored.npy'), await scores('mlp-int8', 'rows.csv'), 1e-9);
  });

  it('is served with real numbers', async () => {
    const server = await serve({ models: [fixture('mlp-int8')], port: 0, host: '127.0.0.1' }, context());
    try {
      const url = `${server.url}/v2/models/mlp-int8`;
      const { inputs, outputs } = (await (await fetch(url)).json()) as Record<string, unknown>;
      expect(inputs).toEqual([{ name: 'x', datatype: 'FP32', shape: [-1, 4] }]);
      expect(outputs).toEqual([{ name: 'y', datatype: 'FP32', shape: [-1, 3] }]);
      const input = { name: 'x', shape: [9, 4], datatype: 'FP32', data: rows.flat() };
      const reply = await fetch(`${url}/infer`, {
        method: 'POST',
        body: JSON.stringify({ inputs: [input] }),
      });
      const [output] = ((await reply.json()) as { outputs: { data: number[] }[] }).outputs;
      expectClose(output?.data ?? [], await scores('mlp-int8', 'rows.csv'), 1e-6);

      const codes = { name: 'x', shape: [1, 4], datatype: 'INT8', data: [1, 2, 3, 4] };
      const refused = await fetch(`${url}/infer`, {
        method: 'POST',
        body: JSON.stringify({ inputs: [codes] }),
      });
      expect([refused.status, await refused.json()]).toEqual([
        400,
        {
          error:
            'input "x": datatype is "INT8", expected "FP32"; the model makes INT8 of the numbers by itself',
        },
      ]);
      const older = await fetch(`${server.url}/v1/models/mlp-int8:predict`, { method: 'POST', body: '{}' });
      expect(older.status).toBe(404);
      expect(await older.text()).toContain('POST to /v2/models/NAME/infer');
    } finally {
      await server.close();
    }
  });
});

describe('a model that LiteRT cannot run', () => {
  it('runs as a graph where it can be said as one, and the detour is told', async () => {
    found.length = 0;
    expectClose(await scores('variable', 'rows.csv'), rows.flat(), 1e-6);
    expect(found).toContainEqual(expect.objectContaining({ code: 'RUNTIME_DETOUR', severity: 'warning' }));
    await expect(scores('variable', 'rows.csv', 'litert')).rejects.toMatchObject({ code: 'RUNTIME_FAILED' });
  });

  it('is refused with everything that stands in the way otherwise', async () => {
    await expect(scores('custom', 'rows.csv')).rejects.toMatchObject({
      code: 'MODEL_NOT_RUNNABLE',
      message: expect.stringContaining('it has custom operators: Sparkle'),
      details: [expect.stringContaining('CUSTOM:Sparkle')],
    });
  });
});

// The point_history twin of the corpus is another checkpoint than its .hdf5 (0.9683): LiteRT, the classic interpreter and
// onnxruntime agree on 0.9637.
const checks: readonly [string, string, Parameters<typeof evaluate>[0], number][] = [
  ['hand-gesture/keypoint_classifier', 'derived/hand-gesture-keypoint-test.npz', {}, 0.963163],
  [
    'hand-gesture/point_history_classifier',
    'derived/hand-gesture-history-test.csv',
    { target: 'y' },
    0.963746,
  ],
  [
    'mnist-weliton/model',
    'datasets/mnist-test-idx/t10k-images-idx3-ubyte.gz',
    { scale: 1 / 255, limit: 2000 },
    0.988,
  ],
  // Fed with the int8 values it stores.
  ['mlperf-tiny/kws_ref_model', 'derived/kws-int8.npz', {}, 0.902],
];

describe.skipIf(corpus === undefined)(
  'evaluation of files of the corpus (skipped without MLCTL_CORPUS)',
  () => {
    it.each(checks)('%s', async (model, data, options, accuracy) => {
      const result = await evaluate(
        { model: join(corpus ?? '', `tflite/${model}.tflite`), data: join(corpus ?? '', data), ...options },
        context(),
      );
      expect(result.metrics.accuracy).toBeCloseTo(accuracy, 6);
    });

    it('gives the loss that was measured of the int8 model, but for rounding', async () => {
      const expected = (
        JSON.parse(readFileSync(join(corpus ?? '', 'derived/EXPECTED.json'), 'utf8')) as {
          model: string;
          measured: { crossentropy: number };
        }[]
      ).find(({ model }) => model.endsWith('kws_ref_model.tflite'));
      const model = join(corpus ?? '', 'tflite/mlperf-tiny/kws_ref_model.tflite');
      const data = join(corpus ?? '', 'derived/kws-int8.npz');
      const { metrics } = await evaluate({ model, data, metrics: ['log_loss'] }, context());
      expect(Math.abs((metrics.log_loss ?? 0) - (expected?.measured.crossentropy ?? 0))).toBeLessThan(0.005);
    });
  },
);

describe.skipIf(corpus === undefined)('images for a file that says how they were scaled', () => {
  const at = (path: string) => join(corpus ?? '', path);
  const data = at('datasets/cifar10-jpeg/bird/0000.jpg');
  const mobilenet = at('tflite/tflite-support/mobilenet_v1_0.25_224');
  const warnings = async (model: string, options = {}) => {
    found.length = 0;
    await predict({ model, data, format: 'csv', ...options }, context());
    return found.filter(({ code }) => code === 'IMAGES_NOT_SCALED');
  };

  it('a warning names the flags, until they are given', async () => {
    // The same network in float32, with what the other file says.
    const { metadata } = await readTfliteFile(`${mobilenet}_quant.tflite`);
    const float = await readTfliteFile(`${mobilenet}_1_default_1.tflite`);
    writeFileSync(join(folder, 'said.tflite'), encodeTfliteBytes({ ...float, metadata }));
    const [warning, ...others] = await warnings('said.tflite');
    expect(others).toEqual([]);
    expect(warning).toMatchObject({ severity: 'warning', hint: 'add --mean 127.5 --std 127.5' });
    expect(await warnings('said.tflite', { mean: [127.5], std: [127.5] })).toEqual([]);
    expect(await warnings(`${mobilenet}_1_default_1.tflite`)).toEqual([]);
  });

  it('bytes are what an input of uint8 takes', async () => {
    expect(await warnings(`${mobilenet}_quant.tflite`)).toEqual([]);
  });
});
