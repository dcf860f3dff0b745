// https://keras.io/api/layers/preprocessing_layers/text/text_vectorization/
// Text split at spaces, then looked up. How Keras cleans text first has no counterpart in ONNX.

import type { LayerConfig } from '../config.ts';
import type { Layer, LayerFamily, Value } from '../layer.ts';
import { readVocabulary, vocabularyProblem } from '../vocabulary.ts';
import { encodeFound, lookUp } from './Lookup.ts';

const STANDARDIZE: Readonly<Record<string, string>> = {
  lower_and_strip_punctuation: 'it removes punctuation by a regular expression, which no ONNX operator does',
  strip_punctuation: 'it removes punctuation by a regular expression, which no ONNX operator does',
  lower: 'it lower-cases ASCII letters alone, and StringNormalizer of ONNX all letters',
};

export default {
  classNames: ['TextVectorization'],
  keepsDType: true,
  problem: (config) => cleaningProblem(config) ?? vocabularyProblem(config),
  lower(layer) {
    const { config } = layer;
    for (const key of ['standardize', 'ngrams', 'ragged']) config.get(key);
    const vocabulary = readVocabulary(config, true, '');
    const splits = (config.get('split') ?? null) !== null;
    const found = lookUp(layer, splits ? words(layer) : text(layer), vocabulary);
    const length = config.optionalNumber('output_sequence_length');
    if (vocabulary.mode === 'int' && splits && length !== null) return exactly(layer, found, length);
    return encodeFound(layer, found, vocabulary);
  },
} satisfies LayerFamily;

function cleaningProblem(config: LayerConfig): string | undefined {
  const standardize = config.get('standardize') ?? null;
  if (typeof standardize === 'string')
    return STANDARDIZE[standardize] ?? 'it changes text by Python code, never run';
  if (standardize !== null) return 'it changes text by Python code, never run';
  const split = config.get('split') ?? null;
  if (split === 'character') return 'it splits text into characters, which no ONNX operator does';
  if (split !== null && split !== 'whitespace') return 'it splits text by Python code, never run';
  if ((config.get('ngrams') ?? null) !== null)
    return 'it joins neighbouring words (ngrams), which no ONNX operator does';
  return config.boolean('ragged', false) ? 'it gives ragged tensors' : undefined;
}

function text(layer: Layer): Value {
  const { input } = layer;
  return input.dtype === 'string' ? input : layer.refuse(`it reads ${input.dtype} as text`);
}

/** (batch, words), shorter rows filled up with empty words, which are masked. */
function words(layer: Layer): Value {
  const given = text(layer);
  const [batch = null, ...rest] = given.shape;
  if (rest.length > 1 || (rest.length === 1 && rest[0] !== 1))
    layer.fail('its input has to be one text per sample');
  const flat =
    rest.length === 0
      ? given.name
      : layer.add('Squeeze', [given.name, layer.ints('last', [-1])], { suffix: 'flat' });
  layer.note(
    'KERAS_WHITESPACE',
    'onnxruntime parts words at spaces alone: replace tabs and line breaks in texts by spaces before',
  );
  const [name = ''] = layer.addAll('StringSplit', [flat], 2, { suffix: 'split' });
  return { ...given, name, shape: [batch, layer.symbol('words')] };
}

/** Exactly so many indices per row. */
function exactly(layer: Layer, indices: Value, length: number): Value {
  const padded = layer.add('Pad', [indices.name, layer.ints('missing', [0, 0, 0, length])], {
    suffix: 'pad',
  });
  const ends = [layer.ints('from', [0]), layer.ints('to', [length]), layer.ints('word_axis', [1])];
  return {
    ...indices,
    name: layer.add('Slice', [padded, ...ends]),
    shape: [indices.shape[0] ?? null, length],
  };
}
