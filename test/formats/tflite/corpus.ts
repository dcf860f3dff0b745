// The TFLite files of the corpus.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** undefined when the corpus is not on this machine. */
export const corpusFolder = process.env.MLCTL_CORPUS;

/** Paths inside the corpus, sorted; one that says why there are none otherwise. */
export function corpusFiles(): readonly string[] {
  if (corpusFolder === undefined) return ['no corpus: MLCTL_CORPUS is not set'];
  return readdirSync(join(corpusFolder, 'tflite'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.tflite'))
    .map((name) => `tflite/${name}`)
    .sort();
}
