// Preprocessing layers on categories and numbers, against what their documentation says.

import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { call } from './call.ts';
import { expectClose, list, refusal } from './run.ts';

const int32 = (dims: readonly number[], ...data: number[]): Tensor => ({
  dtype: 'int32',
  dims,
  data: Int32Array.from(data),
});
const int64 = (dims: readonly number[], ...data: number[]): Tensor => ({
  dtype: 'int64',
  dims,
  data: BigInt64Array.from(data, BigInt),
});
const text = (dims: readonly number[], ...data: string[]): Tensor => ({ dtype: 'string', dims, data });
const ints = ({ data }: Tensor) => Array.from(data as BigInt64Array, Number);
const one = (feed: Tensor) => [{ shape: feed.dims.slice(1), dtype: feed.dtype, feed }];

async function run(
  className: string,
  config: Readonly<Record<string, unknown>>,
  feed: Tensor,
  version = '2.15.0',
) {
  const { outputs } = await call({ className, config, inputs: one(feed), version });
  return outputs[0] as Tensor;
}

async function whyNot(className: string, config: Readonly<Record<string, unknown>>) {
  const { details } = await refusal({
    version: '2.15.0',
    config: {
      class_name: 'Sequential',
      config: [{ class_name: className, config: { name: 'a', batch_input_shape: [null, 1], ...config } }],
    },
  });
  return details.join('\n');
}

describe('CategoryEncoding', () => {
  it('one_hot in place of an axis of length 1, and beside others', async () => {
    const config = { num_tokens: 3, output_mode: 'one_hot' };
    const single = await run('CategoryEncoding', config, int32([2, 1], 2, 0));
    expect(single.dims).toEqual([2, 3]);
    expect(list(single)).toEqual([0, 0, 1, 1, 0, 0]);
    const several = await run('CategoryEncoding', config, int64([2, 2], 2, 0, 1, 1));
    expect(several.dims).toEqual([2, 2, 3]);
    expect(list(several)).toEqual([0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0]);
  });

  it('multi_hot and count over a sample, floats too', async () => {
    const feed: Tensor = { dtype: 'float32', dims: [2, 3], data: Float32Array.of(0, 2, 2, 1, 1, 1) };
    const hot = await run('CategoryEncoding', { num_tokens: 4, output_mode: 'multi_hot' }, feed);
    expect(list(hot)).toEqual([1, 0, 1, 0, 0, 1, 0, 0]);
    const count = await run('CategoryEncoding', { num_tokens: 4, output_mode: 'count' }, feed);
    expect(list(count)).toEqual([1, 0, 2, 0, 0, 3, 0, 0]);
  });

  it('counts with weights', async () => {
    const weights: Tensor = { dtype: 'float32', dims: [2, 2], data: Float32Array.of(0.5, 2, 1, 4) };
    const { outputs } = await call({
      className: 'CategoryEncoding',
      config: { num_tokens: 3, output_mode: 'count' },
      inputs: [...one(int32([2, 2], 0, 1, 2, 2)), { shape: [2], feed: weights }],
      keywords: { count_weights: 1 },
    });
    expectClose(list(outputs[0] as Tensor), [0.5, 2, 0, 0, 0, 5]);
  });
});

describe('ReversibleEmbedding', () => {
  for (const isTied of [true, false]) {
    it(`looks up, and scores in reverse, ${isTied ? 'with one table' : 'with two'}`, async () => {
      const table = Float32Array.of(1, 2, 3, 4, 5, 6);
      const back = Float32Array.of(1, 0, 2, 0, 1, 3);
      const shared = {
        className: 'ReversibleEmbedding',
        version: '3.12.0',
        config: { input_dim: 3, output_dim: 2, tie_weights: isTied },
        weights: [
          ['embeddings', [3, 2], table] as const,
          ...(isTied ? [] : [['reverse_embeddings', [2, 3], back] as const]),
        ],
      };
      const found = await call({ ...shared, inputs: one(int32([2, 2], 2, 0, 1, 1)) });
      expect(list(found.outputs[0] as Tensor)).toEqual([5, 6, 1, 2, 3, 4, 3, 4]);
      const vectors: Tensor = { dtype: 'float32', dims: [2, 1, 2], data: Float32Array.of(1, -1, 2, 0) };
      const scored = await call({ ...shared, inputs: one(vectors), options: { reverse: true } });
      const expected = isTied ? [-1, -1, -1, 2, 6, 10] : [1, -1, -1, 2, 0, 4];
      expect(list(scored.outputs[0] as Tensor)).toEqual(expected);
    });
  }
});

describe('Discretization', () => {
  const feed: Tensor = { dtype: 'float32', dims: [2, 3], data: Float32Array.of(-1, 0, 0.5, 1, 2, 9) };
  it('counts the boundaries at or below', async () => {
    const bins = await run('Discretization', { bin_boundaries: [0, 1, 2], output_mode: 'int' }, feed);
    expect(bins.dtype).toBe('int64');
    expect(ints(bins)).toEqual([0, 1, 1, 2, 3, 3]);
  });
  it('as vectors', async () => {
    const hot = await run(
      'Discretization',
      { bin_boundaries: [0, 1, 2], output_mode: 'count' },
      feed,
      '3.5.0',
    );
    expect(list(hot)).toEqual([1, 2, 0, 0, 0, 0, 1, 2]);
  });
  it('says when the boundaries are not there', async () => {
    expect(await whyNot('Discretization', { bin_boundaries: null })).toContain(
      'boundaries are not in the file',
    );
  });
});

describe('StringLookup', () => {
  const feed = text([2, 2], 'cat', 'dog', 'bird', '');
  it('gives indices after the one for unknown words', async () => {
    expect(ints(await run('StringLookup', { vocabulary: ['cat', 'dog'] }, feed))).toEqual([1, 2, 0, 0]);
    const masked = { vocabulary: ['cat', 'dog'], mask_token: '', num_oov_indices: 1 };
    expect(ints(await run('StringLookup', masked, feed, '3.5.0'))).toEqual([2, 3, 1, 0]);
    const special = { vocabulary: ['', '[UNK]', 'cat', 'dog'], mask_token: '', oov_token: '[UNK]' };
    expect(ints(await run('StringLookup', special, feed))).toEqual([2, 3, 1, 0]);
  });

  it('gives vectors; masked words count nowhere', async () => {
    const config = { vocabulary: ['cat', 'dog'], output_mode: 'multi_hot', mask_token: '' };
    expect(list(await run('StringLookup', config, feed))).toEqual([0, 1, 1, 1, 0, 0]);
    const padded = { vocabulary: ['cat'], output_mode: 'count', max_tokens: 4, pad_to_max_tokens: true };
    expect(list(await run('StringLookup', padded, feed))).toEqual([1, 1, 0, 0, 2, 0, 0, 0]);
    const single = { vocabulary: ['cat', 'dog'], output_mode: 'one_hot' };
    const hot = await run('StringLookup', single, text([2, 1], 'dog', 'cow'));
    expect(hot.dims).toEqual([2, 3]);
    expect(list(hot)).toEqual([0, 0, 1, 1, 0, 0]);
  });

  it('weighs by document frequency', async () => {
    const config = { vocabulary: ['cat', 'dog'], output_mode: 'tf_idf', idf_weights: [0.5, 1.5] };
    expectClose(list(await run('StringLookup', config, feed)), [0, 0.5, 1.5, 2, 0, 0]);
  });

  it('turns indices back into words', async () => {
    const config = { vocabulary: ['cat', 'dog'], invert: true, mask_token: '', oov_token: '?' };
    const words = await run('StringLookup', config, int64([2, 2], 0, 1, 2, 3));
    expect(words.dtype).toBe('string');
    expect(words.data).toEqual(['', '?', 'cat', 'dog']);
  });

  it('says what it cannot do', async () => {
    expect(await whyNot('StringLookup', { vocabulary: null })).toContain('vocabulary is not in the file');
    expect(await whyNot('StringLookup', { vocabulary: ['a'], num_oov_indices: 2 })).toContain('hash');
  });
});

describe('IntegerLookup', () => {
  it('looks numbers up, unknown ones by remainder', async () => {
    const feed = int64([2, 2], 12, 36, 7, -3);
    expect(ints(await run('IntegerLookup', { vocabulary: [12, 36] }, feed))).toEqual([1, 2, 0, 0]);
    const spread = { vocabulary: [12, 36], num_oov_indices: 2 };
    expect(ints(await run('IntegerLookup', spread, feed, '3.5.0'))).toEqual([2, 3, 1, 1]);
    const masked = { vocabulary: [12, 36], num_oov_indices: 2, mask_token: 7 };
    expect(ints(await run('IntegerLookup', masked, feed))).toEqual([3, 4, 0, 2]);
    expect(
      ints(await run('IntegerLookup', { vocabulary: [12, 36], invert: true }, int64([2, 1], 2, 9))),
    ).toEqual([36, -1]);
  });
});

describe('TextVectorization', () => {
  const base = {
    vocabulary: ['the', 'cat', 'sat'],
    standardize: null,
    split: 'whitespace',
    output_mode: 'int',
  };
  const feed = text([2, 1], 'the  cat sat on the mat', ' cat ');

  it('splits at spaces and fills up with zeros', async () => {
    const any = await run('TextVectorization', base, feed);
    expect(any.dims).toEqual([2, 6]);
    expect(ints(any)).toEqual([2, 3, 4, 1, 2, 1, 3, 0, 0, 0, 0, 0]);
    for (const length of [3, 8]) {
      const fitted = await run(
        'TextVectorization',
        { ...base, output_sequence_length: length },
        feed,
        '3.5.0',
      );
      expect(fitted.dims).toEqual([2, length]);
      const rows = [
        [2, 3, 4, 1, 2, 1, 0, 0],
        [3, 0, 0, 0, 0, 0, 0, 0],
      ];
      expect(ints(fitted)).toEqual(rows.flatMap((row) => row.slice(0, length)));
    }
  });

  it('counts words', async () => {
    const config = { ...base, output_mode: 'count' };
    expect(list(await run('TextVectorization', config, feed))).toEqual([2, 2, 1, 1, 0, 0, 1, 0]);
  });

  it('says what ONNX cannot do', async () => {
    const cleaned = { ...base, standardize: 'lower_and_strip_punctuation' };
    expect(await whyNot('TextVectorization', cleaned)).toContain('punctuation');
    expect(await whyNot('TextVectorization', { ...base, standardize: 'lower' })).toContain('lower-cases');
    expect(await whyNot('TextVectorization', { ...base, split: 'character' })).toContain('characters');
    expect(await whyNot('TextVectorization', { ...base, ngrams: [1, 2] })).toContain('ngrams');
    expect(await whyNot('TextVectorization', { ...base, vocabulary: null })).toContain('vocabulary');
  });
});
