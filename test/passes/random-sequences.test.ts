// Random networks over sequences, spelled out the way exporters do: the whole pipeline must not change what they compute, and
// never leaves more operators.

import { describe, expect, it } from 'vitest';
import { int, string } from '../../src/graph/attribute.ts';
import { pipelines } from '../../src/passes/pipelines.ts';
import { Maker } from './graph-maker.ts';
import { difference } from './graphs.ts';

const STEPS = 6;
const FEATURES = 8;
const dims = [2, STEPS, FEATURES];

/** Each takes and returns a value [batch, STEPS, FEATURES]. */
type Block = (m: Maker, x: string, earlier: readonly string[]) => string;

const transpose = (m: Maker, x: string, ...perm: number[]) => m.op('Transpose', [x], { perm: int(perm) });
const dense = (m: Maker, x: string, from = FEATURES, to = FEATURES) =>
  m.op('Add', [m.op('MatMul', [x, m.constant([from, to])]), m.constant([to])]);
const heads = (m: Maker, x: string, ...perm: number[]) =>
  transpose(m, m.op('Reshape', [x, m.ints([-1, STEPS, 2, FEATURES / 2])]), ...perm);

const blocks: readonly Block[] = [
  (m, x) => dense(m, x),
  (m, x) => m.op(m.random.below(2) === 0 ? 'Relu' : 'Tanh', [x]),
  (m, x) => m.op('Mul', [m.op('Add', [x, m.constant([FEATURES])]), m.constant([1, 1, FEATURES])]),
  (m, x) => m.op('Div', [x, 3]),
  (m, x) => m.op('Clip', [m.op('Relu', [x]), -1, 0.8]),
  (m, x, earlier) => m.op('Add', [x, earlier[m.random.below(earlier.length)] ?? x]),
  // LayerNormalization
  (m, x) => {
    const keep = { keepdims: int(1) };
    const centred = m.op('Sub', [x, m.op('ReduceMean', [x, m.ints([-1])], keep)]);
    const variance = m.op('ReduceMean', [m.op('Pow', [centred, 2]), m.ints([-1])], keep);
    const normal = m.op('Div', [centred, m.op('Sqrt', [m.op('Add', [variance, 1e-3])])]);
    return m.op('Add', [m.op('Mul', [normal, m.constant([FEATURES])]), m.constant([FEATURES])]);
  },
  // GELU
  (m, x) =>
    m.op('Mul', [m.op('Mul', [x, m.op('Add', [m.op('Erf', [m.op('Div', [x, Math.SQRT2])]), 1])]), 0.5]),
  // Conv1D, in three forms
  (m, x) => {
    const size = [1, 3, 3][m.random.below(3)] ?? 1;
    const pads = (size - 1) / 2;
    const conv = m.op(
      'Conv',
      [transpose(m, x, 0, 2, 1), m.constant([FEATURES, FEATURES, size]), m.constant([FEATURES])],
      {
        pads: int([pads, pads]),
      },
    );
    return transpose(m, conv, 0, 2, 1);
  },
  (m, x) => {
    const conv = m.op('Conv', [transpose(m, x, 0, 2, 1), m.constant([FEATURES, 2, 3])], {
      group: int(4),
      auto_pad: string('SAME_UPPER'),
    });
    return m.op('Relu', [transpose(m, conv, 0, 2, 1)]);
  },
  // GRU
  (m, x) => {
    const weights = [m.constant([1, 3 * FEATURES, FEATURES]), m.constant([1, 3 * FEATURES, FEATURES])];
    const hidden = { hidden_size: int(FEATURES) };
    const [y = ''] = m.b.addAll('GRU', [transpose(m, x, 1, 0, 2), ...weights], 2, { attributes: hidden });
    return transpose(m, m.op('Squeeze', [y, m.ints([1])]), 1, 0, 2);
  },
  // attention by heads
  (m, x) => {
    const scores = m.op('MatMul', [heads(m, dense(m, x), 0, 2, 1, 3), heads(m, dense(m, x), 0, 2, 3, 1)]);
    const shares = m.op('Softmax', [m.op('Mul', [scores, 0.5])], { axis: int(-1) });
    const seen = m.op('MatMul', [shares, heads(m, dense(m, x), 0, 2, 1, 3)]);
    return dense(m, m.op('Reshape', [transpose(m, seen, 0, 2, 1, 3), m.ints([-1, STEPS, FEATURES])]));
  },
  // gates
  (m, x) => {
    const [a = '', b = ''] = m.b.addAll('Split', [dense(m, x, FEATURES, 2 * FEATURES)], 2, {
      attributes: { axis: int(-1), num_outputs: int(2) },
    });
    return m.op('Mul', [a, m.op('Sigmoid', [b])]);
  },
  // branches side by side
  (m, x) => {
    const parts = [m.op('Mul', [x, 0.5]), m.op('Mul', [m.constant([FEATURES]), m.op('Neg', [x])])];
    return dense(m, m.op('Concat', parts, { axis: int(2) }), 2 * FEATURES);
  },
];

const ends: readonly ((m: Maker, x: string) => string)[] = [
  (m, x) =>
    m.op('Softmax', [
      m.op('Gemm', [m.op('Flatten', [x]), m.constant([STEPS * FEATURES, 3]), m.constant([3])]),
    ]),
  (m, x) =>
    m.op('Gemm', [m.op('ReduceMean', [x, m.ints([1])], { keepdims: int(0) }), m.constant([FEATURES, 2])]),
  (m, x) =>
    m.op('Reshape', [
      x,
      m.op('Concat', [m.op('Shape', [x], { end: int(1) }), m.ints([-1])], { axis: int(0) }),
    ]),
  (_, x) => x,
];

describe('random networks over sequences', () => {
  it.each(Array.from({ length: 60 }, (_, seed) => seed))('number %i', async (seed) => {
    const m = new Maker(dims, seed + 1);
    const values = [m.x];
    for (let depth = 2 + m.random.below(9); depth > 0; depth--) {
      const block = blocks[m.random.below(blocks.length)] as Block;
      values.push(block(m, values.at(-1) as string, values));
    }
    const last = values.at(-1) as string;
    if (m.random.below(4) === 0) m.expose(values[m.random.below(values.length - 1) + 1] as string);
    const { model, feeds } = m.done(ends[m.random.below(ends.length)]?.(m, last) ?? last);
    const before = model.graph.nodes.length;
    expect(await difference(model, pipelines.optimize, feeds)).toBeLessThan(1e-4);
    expect(model.graph.nodes.length).toBeLessThanOrEqual(before);
  });
});
