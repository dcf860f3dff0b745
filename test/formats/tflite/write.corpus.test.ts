// The real models of the corpus and the ONNX project's operator tests, written as TFLite and run in LiteRT.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { describe, expect, test } from 'vitest';
import { MlctlError } from '../../../src/errors.ts';
import type { Format } from '../../../src/formats/definition.ts';
import keras from '../../../src/formats/keras/index.ts';
import onnx from '../../../src/formats/onnx/index.ts';
import type { Model } from '../../../src/graph/model.ts';
import { optimize } from '../../../src/lifecycle/optimize.ts';
import { sampleInputs } from '../../../src/lifecycle/sample-inputs.ts';
import { openGraph } from '../../../src/runtimes/onnxruntime.ts';
import type { Feeds } from '../../../src/runtimes/session.ts';
import { backendCases } from '../onnx/backend.ts';
import { seededFeeds } from '../onnx/corpus.ts';
import { judge } from './write-backend.ts';
import { context, distance, fixInputs, runFile, write } from './write-run.ts';

const corpus = env.MLCTL_CORPUS;

/** Models with an operator outside TFLite's set, and which. */
const refused = new Map<string, string>([
  ['onnx/onnx2tf-ops/Inverse_11.onnx', 'com.microsoft:Inverse'],
  ['onnx/onnx2tf-ops/StringNormalizer_model_monday_casesensintive_nochangecase.onnx', 'StringNormalizer'],
  ['onnx/onnx2tf-ops/StringNormalizer_strnorm_model_nostopwords_nochangecase.onnx', 'StringNormalizer'],
  ['onnx/onnx2tf-ops/Squeeze_var_13.onnx', 'Squeeze'],
  ['onnx/onnx2tf-ops/Unsqueeze_var_13.onnx', 'Unsqueeze'],
  ['onnx/silero-vad/silero_vad.onnx', 'If'],
]);

/** Written, but not comparable to 1e-4 in LiteRT, each with the reason. */
const excluded = new Map<string, string>([
  ...[1, 2, 3].map(
    (axes) =>
      [
        `onnx/onnx2tf-ops/BatchNorm${axes}D_15.onnx`,
        'onnxruntime writes the running statistics over the scale and bias, which are the same tensors here',
      ] as const,
  ),
  [
    'onnx/onnx2tf-ops/If_p1_11.onnx',
    'its branches give outputs of different sizes, which LiteRT cannot hand out',
  ],
]);

/** Operator tests LiteRT cannot run or that it answers otherwise. */
const notRun = new Map<string, string>([
  ['test_nonzero_example', 'the size of its output is known only after a run'],
  ['test_center_crop_pad_crop_and_pad_expanded', 'the size of its output is worked out in the graph'],
  ['test_center_crop_pad_crop_expanded', 'the size of its output is worked out in the graph'],
  ['test_center_crop_pad_pad_expanded', 'the size of its output is worked out in the graph'],
  ['test_equal_string', 'LiteRT takes no strings from JavaScript'],
  ['test_equal_string_broadcast', 'LiteRT takes no strings from JavaScript'],
]);

describe.skipIf(corpus === undefined)('TFLite files of the corpus (needs MLCTL_CORPUS)', () => {
  test.each(models('keras-h5', 'keras-v3').map((name) => [name]))(
    '%s',
    (name) => judgeModel(name, keras),
    120_000,
  );
  test.each(models('onnx').map((name) => [name]))('%s', (name) => judgeModel(name, onnx), 120_000);

  test('a written operator test gives what it expects', async () => {
    const wrong: string[] = [];
    let passed = 0;
    for (const name of backendCases()) {
      const verdict = await judge(name);
      if (verdict === undefined || verdict.state === 'refused') continue;
      if (verdict.state === 'passed') passed++;
      else if (!notRun.has(name)) wrong.push(`${name}: ${verdict.reason}`);
    }
    expect(wrong).toEqual([]);
    expect(passed).toBeGreaterThan(1300);
  }, 300_000);
});

function models(...folders: string[]): string[] {
  if (corpus === undefined) return [];
  return folders.flatMap((folder) =>
    readdirSync(join(corpus, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(h5|hdf5|keras|onnx)$/.test(name))
      .map((name) => `${folder}/${name}`)
      .sort(),
  );
}

async function judgeModel(name: string, format: Format): Promise<void> {
  const path = join(corpus ?? '', name);
  // What its own reader refuses, or onnxruntime does not run, is the business of other tests.
  const model = await format.read(path, context).catch(() => undefined);
  const found = model && (await answers(name, model).catch(() => undefined));
  if (model === undefined || found === undefined) return;
  const { feeds, wanted } = found;
  // One branch of silero's takes windows of 512 and the other of 256: neither length suits the whole graph.
  if (!name.endsWith('/silero_vad.onnx')) fixInputs(model, feeds);
  await optimize(model, context);
  const reason = refused.get(name);
  const file = await write(model).catch((cause: unknown) => {
    if (!(cause instanceof MlctlError) || reason === undefined) throw cause;
    expect(cause.code).toBe('OP_UNSUPPORTED');
    expect(cause.details.join('\n')).toContain(reason);
  });
  if (file === undefined) return;
  expect(reason).toBeUndefined();
  if (excluded.has(name)) return;
  const got = await runFile(file, feeds);
  for (const [output, tensor] of Object.entries(wanted))
    expect(distance(tensor, got[output])).toBeLessThan(1e-4);
}

const sizes = [{}, { spatial: 64, length: 64 }, { spatial: 224, length: 512 }, { spatial: 1, length: 1 }];

async function answers(name: string, model: Model): Promise<{ feeds: Feeds; wanted: Feeds }> {
  const session = await openGraph(model, { optimize: false });
  try {
    // It takes windows of one length at one rate.
    if (name.includes('silero')) {
      const feeds = seededFeeds(name.replace(/^onnx\//, ''), session);
      return { feeds, wanted: await session.run(feeds) };
    }
    let failure: unknown;
    for (const size of sizes) {
      try {
        const feeds = sampleInputs(session.inputs, { ...size, batch: 1, seed: 1, model });
        return { feeds, wanted: await session.run(feeds) };
      } catch (cause) {
        failure ??= cause;
      }
    }
    throw failure;
  } finally {
    await session.release();
  }
}
