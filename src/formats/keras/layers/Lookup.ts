// https://keras.io/api/layers/preprocessing_layers/categorical/string_lookup/ and …/integer_lookup/
// Words or numbers to indices of a vocabulary, or back. Index 0 may stand for the mask token, the next ones for
// everything that is not in the vocabulary.

import { int, string } from '../../../graph/attribute.ts';
import type { Layer, LayerFamily, Value } from '../layer.ts';
import { asIndices, encode } from '../one-hot.ts';
import { readVocabulary, type Vocabulary, vocabularyProblem } from '../vocabulary.ts';

const ML = 'ai.onnx.ml';

export default {
  classNames: ['StringLookup', 'IntegerLookup'],
  keepsDType: true,
  problem: vocabularyProblem,
  lower(layer) {
    const { config, className } = layer;
    const isText = className === 'StringLookup';
    const vocabulary = readVocabulary(config, isText);
    const { tokens, start, maskToken, oovToken } = vocabulary;
    const input = isText ? layer.input : asIndices(layer, layer.input);
    if (config.boolean('invert', false)) {
      const places = tokens.map((_, index) => start + index);
      const keys = { keys_int64s: int(maskToken === null ? places : [0, ...places]) };
      const values = maskToken === null ? tokens : [maskToken, ...tokens];
      const attributes = { ...keys, ...valuesOf(values, isText), ...defaultOf(oovToken, isText) };
      const indices = asIndices(layer, layer.input);
      const name = layer.add('LabelEncoder', [indices.name], { domain: ML, attributes });
      return { ...indices, name, dtype: isText ? 'string' : 'int64' };
    }
    if (isText && input.dtype !== 'string') layer.refuse(`it looks up ${input.dtype} as text`);
    return encodeFound(layer, lookUp(layer, input, vocabulary), vocabulary);
  },
} satisfies LayerFamily;

/** The index of each word or number (int64). */
export function lookUp(layer: Layer, input: Value, vocabulary: Vocabulary): Value {
  const { tokens, start, oovStart, oovCount, maskToken, mode, depth } = vocabulary;
  const isText = input.dtype === 'string';
  const places = tokens.map((_, index) => start + index);
  // Masked and unknown entries without an index of their own count nowhere when they are encoded.
  const nowhere = mode === 'int' ? -1 : depth;
  const unknown = oovCount === 1 ? oovStart : nowhere;
  const mask = maskToken === null || tokens.includes(maskToken) ? [] : [maskToken];
  const keys = [...mask, ...tokens];
  const found = layer.add('LabelEncoder', [input.name], {
    suffix: 'lookup',
    domain: ML,
    attributes: {
      ...(isText ? { keys_strings: string(keys.map(String)) } : { keys_int64s: int(keys.map(Number)) }),
      values_int64s: int([...mask.map(() => (mode === 'int' ? 0 : depth)), ...places]),
      default_int64: int(unknown),
    },
  });
  const indices: Value = { ...input, name: found, dtype: 'int64' };
  return oovCount > 1 ? spreadUnknown(layer, input, indices, vocabulary) : indices;
}

/** Indices as the layer hands them out. */
export function encodeFound(layer: Layer, indices: Value, { mode, depth, idfWeights }: Vocabulary): Value {
  const encoded = encode(layer, indices, mode, depth);
  if (mode !== 'tf_idf') return encoded;
  const idf = layer.numbers('idf_weights', idfWeights, [depth]);
  return { ...encoded, name: layer.add('Mul', [encoded.name, idf], { suffix: 'tf_idf' }) };
}

function valuesOf(values: readonly (string | number)[], isText: boolean) {
  return isText ? { values_strings: string(values.map(String)) } : { values_int64s: int(values.map(Number)) };
}

function defaultOf(token: string | number, isText: boolean) {
  return isText ? { default_string: string(String(token)) } : { default_int64: int(Number(token)) };
}

/** Unknown numbers share several indices by their remainder. */
function spreadUnknown(
  layer: Layer,
  input: Value,
  indices: Value,
  { oovStart, oovCount, depth, mode }: Vocabulary,
): Value {
  const one = (suffix: string, value: number) =>
    layer.constant(suffix, { dtype: 'int64', dims: [], data: BigInt64Array.of(BigInt(value)) });
  const rest = layer.add('Mod', [input.name, one('oov_count', oovCount)], { suffix: 'remainder' });
  const place = layer.add('Add', [rest, one('oov_start', oovStart)], { suffix: 'oov_index' });
  const isUnknown = layer.add('Equal', [indices.name, one('unknown', mode === 'int' ? -1 : depth)], {
    suffix: 'is_unknown',
  });
  return { ...indices, name: layer.add('Where', [isUnknown, place, indices.name], { suffix: 'known' }) };
}
