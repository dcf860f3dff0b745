// The vocabulary of a lookup layer as its configuration has it, and the indices Keras gives to it.
// https://keras.io/api/layers/preprocessing_layers/categorical/integer_lookup/

import type { LayerConfig } from './config.ts';
import { type Mode, readMode } from './one-hot.ts';

type Token = string | number;

export type Vocabulary = {
  /** Without the tokens for masked and unknown entries. */
  readonly tokens: readonly Token[];
  /** Index of the first token. */
  readonly start: number;
  readonly oovStart: number;
  readonly oovCount: number;
  readonly maskToken: Token | null;
  readonly oovToken: Token;
  readonly mode: Mode;
  /** Length of encoded vectors. */
  readonly depth: number;
  /** One per place of an encoded vector; only for tf_idf. */
  readonly idfWeights: readonly number[];
};

export function vocabularyProblem(config: LayerConfig): string | undefined {
  if (config.boolean('sparse', false)) return 'it gives a sparse tensor';
  const list = config.get('vocabulary');
  if (typeof list === 'string') return 'its vocabulary is a file of its own';
  if (!isTokens(list) || list.length === 0) return 'its vocabulary is not in the file';
  const isText = list.some((token) => typeof token === 'string');
  if (config.integer('num_oov_indices', 1, 0) > 1) {
    if (isText) return 'it spreads unknown words by a hash of their text, which ONNX has no operator for';
    if (config.string('oov_method', 'floormod') === 'farmhash') {
      return 'it spreads unknown numbers by a hash of their text, which ONNX has no operator for';
    }
    // The mark of an unknown entry could not be told from a masked one.
    if (config.get('mask_token') !== null && readMode(config, 'int') !== 'int') {
      return 'it has a mask token and several indices for unknown entries in vectors';
    }
  }
  const isMissing = readMode(config, 'int') === 'tf_idf' && idf(config).length !== list.length;
  return isMissing ? 'its idf_weights are not in the file' : undefined;
}

export function readVocabulary(
  config: LayerConfig,
  isText: boolean,
  mask: unknown = config.get('mask_token'),
): Vocabulary {
  for (const key of ['vocabulary_size', 'vocabulary_dtype', 'encoding', 'has_input_vocabulary'])
    config.get(key);
  for (const key of ['max_values', 'oov_method', 'invert']) config.get(key);
  const mode = readMode(config, 'int');
  const oovCount = config.integer('num_oov_indices', 1, 0);
  const maskToken = token(mask);
  const oovToken = token(config.get('oov_token')) ?? (isText ? '[UNK]' : -1);
  const oovStart = maskToken !== null && mode === 'int' ? 1 : 0;
  const start = oovStart + oovCount;
  const list = config.get('vocabulary');
  const given = isTokens(list) ? list : [];
  // A vocabulary may begin with the tokens that stand for masked and unknown entries; then it begins with all of them.
  const special = [...new Array(oovStart).fill(maskToken), ...new Array(oovCount).fill(oovToken)];
  const isSpecial = start > 0 && special.every((item, index) => given[index] === item);
  const tokens = isSpecial ? given.slice(start) : given;
  const most = config.optionalNumber('max_tokens');
  const size = start + tokens.length;
  const depth = config.boolean('pad_to_max_tokens', false) && most !== null ? Math.max(most, size) : size;
  const weights = idf(config);
  const average = weights.reduce((sum, weight) => sum + weight, 0) / (weights.length || 1);
  const front = isSpecial ? weights : [...new Array<number>(start).fill(average), ...weights];
  const idfWeights = [...front, ...new Array<number>(Math.max(depth - front.length, 0)).fill(0)];
  return { tokens, start, oovStart, oovCount, maskToken, oovToken, mode, depth, idfWeights };
}

function token(value: unknown): Token | null {
  return typeof value === 'string' || Number.isSafeInteger(value) ? (value as Token) : null;
}

function isTokens(value: unknown): value is Token[] {
  return Array.isArray(value) && value.every((item) => token(item) !== null);
}

function idf(config: LayerConfig): number[] {
  const value = config.get('idf_weights');
  return Array.isArray(value) && value.every((item) => typeof item === 'number') ? value : [];
}
