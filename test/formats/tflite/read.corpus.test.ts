// Every .tflite of the corpus, read to ONNX and run beside Google's interpreters; docs/tflite-read.md is the same as a page.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verdictOf } from './read-verdict.ts';

const root = join(process.env.MLCTL_CORPUS ?? '', 'tflite');
const isHere = process.env.MLCTL_CORPUS !== undefined && existsSync(root);

/** Files that are refused, and why. */
const refused: Readonly<Record<string, string>> = {
  'litert-ops/blockwise_quantized.tflite': 'MODEL_DAMAGED',
  'litert-ops/simple_squeeze.tflite': 'MODEL_DAMAGED',
  'tflite-micro/audio_preprocessor_float.tflite': 'OP_UNSUPPORTED',
  'tflite-micro/audio_preprocessor_int8.tflite': 'OP_UNSUPPORTED',
  'tflite-support/test_model_nl_classifier.tflite': 'OP_UNSUPPORTED',
  'tflite-support/test_model_nl_classifier_bool_output.tflite': 'OP_UNSUPPORTED',
  'tflite-support/test_model_nl_classifier_with_associated_label.tflite': 'OP_UNSUPPORTED',
};

describe.skipIf(!isHere)('the TFLite files of the corpus (skipped: MLCTL_CORPUS is not set)', () => {
  it('give as graphs what the interpreters give', { timeout: 600_000 }, async () => {
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.tflite'))
      .sort();
    const wrong: string[] = [];
    for (const file of files) {
      const verdict = await verdictOf(join(root, file), file);
      const found = verdict.kind === 'refused' ? verdict.error.code : verdict.kind;
      const isFine =
        file in refused ? found === refused[file] : ['equal', 'explained', 'alone'].includes(found);
      if (!isFine) wrong.push(`${file}: ${found} ${'reason' in verdict ? verdict.reason : ''}`);
    }
    expect(wrong).toEqual([]);
    expect(files.length).toBeGreaterThan(100);
  });
});
