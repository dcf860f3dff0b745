import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { call } from './call.ts';
import { at, type Grid, grid } from './naive.ts';
import { expectClose, list } from './run.ts';

const asGrid = ({ dims, data }: Tensor): Grid => ({ dims, data: data as Float32Array });
const sum = (count: number, term: (index: number) => number) =>
  Array.from({ length: count }, (_, index) => term(index)).reduce((a, b) => a + b, 0);
const mask = (dims: readonly number[], ...bits: number[]): Tensor => ({
  dtype: 'bool',
  dims,
  data: Uint8Array.from(bits),
});

/** Softmax of `score(key)` over the keys that `isShown`. */
function softmax(keys: number, score: (key: number) => number, isShown: (key: number) => boolean): number[] {
  const powers = Array.from({ length: keys }, (_, key) => (isShown(key) ? Math.exp(score(key)) : 0));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / total);
}

function attend(
  value: Grid,
  [batch = 0, steps = 0]: readonly number[],
  score: (b: number, t: number, s: number) => number,
  isShown: (b: number, t: number, s: number) => boolean = () => true,
): Grid {
  const [, keys = 0, size = 0] = value.dims;
  return grid([batch, steps, size], (b = 0, t = 0, d = 0) => {
    const weights = softmax(
      keys,
      (s) => score(b, t, s),
      (s) => isShown(b, t, s),
    );
    return sum(keys, (s) => (weights[s] ?? 0) * at(value, b, s, d));
  });
}

const three = [{ shape: [3, 4] }, { shape: [5, 6] }, { shape: [5, 4] }];

describe('Attention', () => {
  for (const useScale of [false, true]) {
    it(`scores by the dot product${useScale ? ', scaled' : ''}`, async () => {
      const { fed, outputs } = await call({
        className: 'Attention',
        config: { use_scale: useScale, score_mode: 'dot', dropout: 0 },
        inputs: three,
        weights: useScale ? [['scale', [], [0.7]]] : [],
      });
      const [q, v, k] = fed.map(asGrid) as [Grid, Grid, Grid];
      const scale = useScale ? 0.7 : 1;
      const expected = attend(v, [2, 3], (b, t, s) => scale * sum(4, (d) => at(q, b, t, d) * at(k, b, s, d)));
      expectClose(list(outputs[0] as Tensor), expected.data);
    });
  }

  it('scores by concatenation', async () => {
    const { fed, outputs } = await call({
      className: 'Attention',
      config: { use_scale: true, score_mode: 'concat' },
      inputs: three,
      weights: [
        ['scale', [], [0.7]],
        ['concat_score_weight', [], [1.3]],
      ],
    });
    const [q, v, k] = fed.map(asGrid) as [Grid, Grid, Grid];
    const expected = attend(
      v,
      [2, 3],
      (b, t, s) => 1.3 * sum(4, (d) => Math.tanh(0.7 * (at(q, b, t, d) + at(k, b, s, d)))),
    );
    expectClose(list(outputs[0] as Tensor), expected.data);
  });

  it('sees nothing that masks hide, and no later step when it is causal', async () => {
    const bits = [1, 1, 0, 1, 1, 1, 0, 1, 1, 0];
    const shown = [1, 0, 1, 1, 1, 1];
    const { fed, outputs } = await call({
      className: 'Attention',
      inputs: [
        { shape: [3, 4] },
        { shape: [5, 4] },
        { shape: [3], dtype: 'bool', feed: mask([2, 3], ...shown) },
        { shape: [5], dtype: 'bool', feed: mask([2, 5], ...bits) },
      ],
      keywords: { mask: [2, 3] },
      options: { use_causal_mask: true, return_attention_scores: true },
      outputs: 2,
    });
    const [q, v] = fed.map(asGrid) as [Grid, Grid];
    const expected = attend(
      v,
      [2, 3],
      (b, t, s) => sum(4, (d) => at(q, b, t, d) * at(v, b, s, d)),
      (b, t, s) => s <= t && bits[b * 5 + s] === 1,
    );
    const hidden = grid(expected.dims, (b = 0, t = 0, d = 0) =>
      shown[b * 3 + t] === 1 ? at(expected, b, t, d) : 0,
    );
    expectClose(list(outputs[0] as Tensor), hidden.data);
    expect(outputs[1]?.dims).toEqual([2, 3, 5]);
  });

  it('is causal over any number of steps', async () => {
    const { fed, outputs } = await call({
      className: 'Attention',
      config: { causal: true },
      inputs: [{ shape: [null, 4] }, { shape: [null, 4] }],
    });
    const [q, v] = fed.map(asGrid) as [Grid, Grid];
    const expected = attend(
      v,
      [2, 4],
      (b, t, s) => sum(4, (d) => at(q, b, t, d) * at(v, b, s, d)),
      (_, t, s) => s <= t,
    );
    expectClose(list(outputs[0] as Tensor), expected.data);
  });
});

describe('AdditiveAttention', () => {
  for (const useScale of [true, false]) {
    it(`adds queries and keys${useScale ? ', scaled per feature' : ''}`, async () => {
      const { fed, outputs, weights } = await call({
        className: 'AdditiveAttention',
        config: { use_scale: useScale },
        inputs: three,
        weights: useScale ? [['scale', [4]]] : [],
      });
      const [q, v, k] = fed.map(asGrid) as [Grid, Grid, Grid];
      const scale = (d: number) => (useScale ? (weights.scale?.[d] ?? 0) : 1);
      const expected = attend(v, [2, 3], (b, t, s) =>
        sum(4, (d) => scale(d) * Math.tanh(at(q, b, t, d) + at(k, b, s, d))),
      );
      expectClose(list(outputs[0] as Tensor), expected.data);
    });
  }
});

type Heads = {
  readonly heads: number;
  readonly groups: number;
  readonly key: number;
  readonly value: number;
};

function projectionWeights({ heads, groups, key, value }: Heads, sizes: readonly number[], hasBias: boolean) {
  const [q = 0, v = 0, k = 0, out = 0] = sizes;
  const rows: [string, number[], number[]][] = [
    ['query', [q, heads, key], [heads, key]],
    ['key', [k, groups, key], [groups, key]],
    ['value', [v, groups, value], [groups, value]],
    ['attention_output', [heads, value, out], [out]],
  ];
  return rows.flatMap(([part, kernel, bias]): [string, number[]][] => [
    [`${part}/kernel`, kernel],
    ...(hasBias ? [[`${part}/bias`, bias] as [string, number[]]] : []),
  ]);
}

/** The definition in loops: project per head, attend, project back. */
function multiHead(
  { heads, groups, key, value: valueSize }: Heads,
  [query, value, keys]: readonly [Grid, Grid, Grid],
  weights: Readonly<Record<string, Float32Array>>,
  out: number,
  isShown: (b: number, t: number, s: number) => boolean = () => true,
): Grid {
  const project = (x: Grid, part: string, count: number, size: number) => {
    const [, , features = 0] = x.dims;
    const kernel = { dims: [features, count, size], data: weights[`${part}/kernel`] ?? [] };
    return grid(
      [x.dims[0] ?? 0, count, x.dims[1] ?? 0, size],
      (b = 0, h = 0, t = 0, e = 0) =>
        sum(features, (d) => at(x, b, t, d) * at(kernel, d, h, e)) +
        (weights[`${part}/bias`]?.[h * size + e] ?? 0),
    );
  };
  const q = project(query, 'query', heads, key);
  const k = project(keys, 'key', groups, key);
  const v = project(value, 'value', groups, valueSize);
  const shared = (h: number) => Math.floor(h / (heads / groups));
  const [batch = 0, , steps = 0] = q.dims;
  const per = Array.from({ length: heads }, (_, h) => {
    const own = grid([batch, v.dims[2] ?? 0, valueSize], (b = 0, s = 0, e = 0) => at(v, b, shared(h), s, e));
    const score = (b: number, t: number, s: number) =>
      sum(key, (e) => at(q, b, h, t, e) * at(k, b, shared(h), s, e)) / Math.sqrt(key);
    return attend(own, [batch, steps], score, isShown);
  });
  const kernel = { dims: [heads, valueSize, out], data: weights['attention_output/kernel'] ?? [] };
  return grid(
    [batch, steps, out],
    (b = 0, t = 0, o = 0) =>
      sum(heads, (h) => sum(valueSize, (e) => at(per[h] as Grid, b, t, e) * at(kernel, h, e, o))) +
      (weights['attention_output/bias']?.[o] ?? 0),
  );
}

describe('MultiHeadAttention', () => {
  const sizes = { heads: 2, groups: 2, key: 3, value: 3 };

  for (const version of ['2.15.0', '3.5.0']) {
    it(`attends to itself (Keras ${version})`, async () => {
      const { fed, outputs, weights, model } = await call({
        className: 'MultiHeadAttention',
        version,
        config: { num_heads: 2, key_dim: 3, value_dim: 3, dropout: 0.1, use_bias: true, attention_axes: [1] },
        inputs: [{ shape: [null, 4] }],
        positional: [0],
        keywords: { value: 0 },
        weights: projectionWeights(sizes, [4, 4, 4, 4], true),
      });
      const [x] = fed.map(asGrid) as [Grid];
      expectClose(list(outputs[0] as Tensor), multiHead(sizes, [x, x, x], weights, 4).data);
      expect(model.graph.nodes.filter(({ opType }) => opType === 'MatMul')).toHaveLength(6);
    });
  }

  it('attends across with other sizes of keys, values and output, without biases', async () => {
    const across = { heads: 3, groups: 3, key: 2, value: 5 };
    const { fed, outputs, weights } = await call({
      className: 'MultiHeadAttention',
      config: { num_heads: 3, key_dim: 2, value_dim: 5, use_bias: false, output_shape: [7] },
      inputs: [{ shape: [3, 4] }, { shape: [5, 6] }, { shape: [5, 8] }],
      weights: projectionWeights(across, [4, 6, 8, 7], false),
    });
    const expected = multiHead(across, fed.map(asGrid) as [Grid, Grid, Grid], weights, 7);
    expect(outputs[0]?.dims).toEqual([2, 3, 7]);
    expectClose(list(outputs[0] as Tensor), expected.data);
  });

  it('hides what attention_mask and the causal mask hide', async () => {
    const bits = Array.from({ length: 32 }, (_, index) => (index % 3 === 1 && (index % 16) % 5 > 0 ? 0 : 1));
    const { fed, outputs, weights } = await call({
      className: 'MultiHeadAttention',
      config: { num_heads: 2, key_dim: 3 },
      inputs: [
        { shape: [4, 4] },
        { shape: [4, 4] },
        {
          shape: [4, 4],
          dtype: 'int32',
          feed: { dtype: 'int32', dims: [2, 4, 4], data: Int32Array.from(bits) },
        },
      ],
      keywords: { value: 1, attention_mask: 2 },
      options: { use_causal_mask: true, return_attention_scores: true, training: false },
      weights: projectionWeights(sizes, [4, 4, 4, 4], true),
      outputs: 2,
    });
    const [q, v] = fed.map(asGrid) as [Grid, Grid];
    const expected = multiHead(
      sizes,
      [q, v, v],
      weights,
      4,
      (b, t, s) => s <= t && bits[b * 16 + t * 4 + s] === 1,
    );
    expectClose(list(outputs[0] as Tensor), expected.data);
    expect(outputs[1]?.dims).toEqual([2, 2, 4, 4]);
  });
});

describe('GroupQueryAttention', () => {
  for (const groups of [2, 1, 4]) {
    it(`shares ${groups} heads of keys and values among 4`, async () => {
      const sizes = { heads: 4, groups, key: 3, value: 3 };
      const bits = Array.from({ length: 30 }, (_, index) => (index % 4 === 1 ? 0 : 1));
      const { fed, outputs, weights } = await call({
        // The class is called otherwise than what Keras exports.
        className: groups === 1 ? 'GroupedQueryAttention' : 'GroupQueryAttention',
        version: '3.5.0',
        config: { head_dim: 3, num_query_heads: 4, num_key_value_heads: groups, use_bias: true, dropout: 0 },
        inputs: [
          { shape: [3, 4] },
          { shape: [5, 6] },
          { shape: [3, 5], dtype: 'bool', feed: mask([2, 3, 5], ...bits) },
        ],
        keywords: { value: 1, attention_mask: 2 },
        weights: projectionWeights(sizes, [4, 6, 6, 4], true),
      });
      const [q, v] = fed.map(asGrid) as [Grid, Grid];
      const expected = multiHead(sizes, [q, v, v], weights, 4, (b, t, s) => bits[b * 15 + t * 5 + s] === 1);
      expectClose(list(outputs[0] as Tensor), expected.data);
    });
  }
});
