import { describe, expect, it } from 'vitest';
import { int } from '../../src/graph/attribute.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { dtypes } from '../../src/graph/dtype.ts';
import type { Model } from '../../src/graph/model.ts';
import { float32, type Tensor } from '../../src/graph/tensor.ts';
import { firstDivergence } from '../../src/lifecycle/convert/divergence.ts';
import { numbersOf } from '../../src/lifecycle/convert/numbers.ts';
import { compare, compareOutput } from '../../src/lifecycle/parity.ts';
import { sampleInputs } from '../../src/lifecycle/sample-inputs.ts';
import { openGraph } from '../../src/runtimes/onnxruntime.ts';

const on = (values: number[], dims = [1, values.length]): Tensor => float32(dims, values);

describe('compareOutput', () => {
  it('measures against the scale of the output, not element by element', () => {
    const result = compareOutput('y', [on([100, 1e-6])], [on([100.001, 0])], 1e-4);
    expect(result.maxAbs).toBeCloseTo(0.001, 4);
    expect(result.maxRel).toBeCloseTo(1e-5, 6);
    expect(result.passed).toBe(true);
    expect(compareOutput('y', [on([1, 0])], [on([1.001, 0])], 1e-4).passed).toBe(false);
  });

  it('takes NaN for NaN and ∞ for ∞, and nothing else for them', () => {
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, 1];
    expect(compareOutput('y', [on(odd)], [on(odd)], 1e-4)).toMatchObject({ mismatches: 0, passed: true });
    expect(compareOutput('y', [on(odd)], [on([0, Number.POSITIVE_INFINITY, 1])], 1)).toMatchObject({
      mismatches: 1,
      passed: false,
    });
    expect(compareOutput('y', [on(odd)], [on([Number.NaN, Number.NEGATIVE_INFINITY, 1])], 1).passed).toBe(
      false,
    );
  });

  it('counts rows whose largest entry is the same', () => {
    const a = on([1, 2, 3, 4, 5, 3], [2, 3]);
    expect(compareOutput('y', [a], [on([3, 2, 1, 4, 5, 3], [2, 3])], 10).top1).toBe(0.5);
    expect(compareOutput('y', [on([1], [1, 1])], [on([1], [1, 1])], 1)).not.toHaveProperty('top1');
  });

  it('gives cosine 1 to the same direction, 0 to a vanished one', () => {
    expect(compareOutput('y', [on([1, 2])], [on([2, 4])], 1).cosine).toBeCloseTo(1, 12);
    expect(compareOutput('y', [on([1, 2])], [on([0, 0])], 1).cosine).toBe(0);
    expect(compareOutput('y', [on([0, 0])], [on([0, 0])], 1)).toMatchObject({
      cosine: 1,
      maxRel: 0,
      passed: true,
    });
  });

  it('does not pass other dims, a missing output or other text', () => {
    expect(compareOutput('y', [on([1, 2])], [on([1, 2], [2, 1])], 1).passed).toBe(false);
    expect(compareOutput('y', [on([1, 2])], [], 1).passed).toBe(false);
    const text = (data: string[]): Tensor => ({ dtype: 'string', dims: [2], data });
    expect(compareOutput('y', [text(['a', 'b'])], [text(['a', 'b'])], 0).passed).toBe(true);
    expect(compareOutput('y', [text(['a', 'b'])], [text(['a', 'c'])], 0)).toMatchObject({
      mismatches: 1,
      passed: false,
    });
  });

  it('compares integers and half floats as numbers', () => {
    const ints = (data: bigint[]): Tensor => ({
      dtype: 'int64',
      dims: [data.length],
      data: BigInt64Array.from(data),
    });
    expect(compareOutput('y', [ints([1n, 5n])], [ints([1n, 4n])], 1e-4)).toMatchObject({
      maxAbs: 1,
      passed: false,
    });
    const numbers = (dtype: 'float16' | 'bfloat16', ...bits: number[]) =>
      Array.from(numbersOf({ dtype, dims: [bits.length], data: Uint16Array.from(bits) }) ?? []);
    expect(numbers('float16', 0x3c00, 0xc000, 0x0001, 0x7c00, 0x7e00)).toEqual([
      1,
      -2,
      2 ** -24,
      Number.POSITIVE_INFINITY,
      Number.NaN,
    ]);
    expect(numbers('bfloat16', 0x3f80, 0xc000)).toEqual([1, -2]);
  });
});

/** MatMul → Relu → Softmax with one weight off by `error`. */
function network(error = 0): Model {
  const b = new GraphBuilder('net');
  const x = b.input('x', 'float32', ['batch', 3]);
  const hidden = b.add(
    'MatMul',
    [
      x,
      b.constant(
        'w1',
        float32(
          [3, 4],
          Array.from({ length: 12 }, (_, i) => Math.sin(i)),
        ),
      ),
    ],
    { name: 'first' },
  );
  const active = b.add('Relu', [hidden], { name: 'active' });
  const second = b.add(
    'MatMul',
    [
      active,
      b.constant(
        'w2',
        float32(
          [4, 3],
          Array.from({ length: 12 }, (_, i) => Math.cos(i) + (i === 5 ? error : 0)),
        ),
      ),
    ],
    { name: 'second' },
  );
  b.output(
    'y',
    b.add('Softmax', [second], { name: 'probabilities', attributes: { axis: int(-1) } }),
    'float32',
    ['batch', 3],
  );
  return b.model({ name: 't', version: '1' });
}

describe('compare', () => {
  it('runs both sessions on all feeds', async () => {
    const [a, b, c] = await Promise.all([
      openGraph(network()),
      openGraph(network()),
      openGraph(network(0.5)),
    ]);
    const feeds = [1, 2].map((seed) => sampleInputs(a.inputs, { seed, batch: 4 }));
    expect(await compare(a, b, feeds)).toMatchObject({
      maxAbs: 0,
      maxRel: 0,
      top1: 1,
      samples: 8,
      passed: true,
    });
    const wrong = await compare(a, c, feeds);
    expect(wrong.passed).toBe(false);
    expect(wrong.maxRel).toBeGreaterThan(1e-3);
    for (const session of [a, b, c]) await session.release();
  });

  it('names the first node that differs', async () => {
    const feeds = { x: float32([1, 3], [1, 2, 3]) };
    const found = await firstDivergence(network(), network(0.5), feeds, 1e-4);
    expect(found).toMatchObject({ node: 'second', opType: 'MatMul' });
    expect(found?.maxAbs).toBeCloseTo(0.08, 3);
    expect(await firstDivergence(network(), network(), feeds, 1e-4)).toBeUndefined();
  });
});

describe('sampleInputs', () => {
  const shape = ['batch', 3, null];

  it('gives the same numbers for the same seed and others for another', () => {
    const inputs = [{ name: 'x', dtype: 'float32' as const, shape }];
    expect(sampleInputs(inputs, { seed: 1 })).toEqual(sampleInputs(inputs, { seed: 1 }));
    expect(sampleInputs(inputs, { seed: 1 })).not.toEqual(sampleInputs(inputs, { seed: 2 }));
    expect(sampleInputs(inputs, { seed: 1 }).x?.dims).toEqual([4, 3, 8]);
  });

  it('gives axes of one symbol one length', () => {
    const { a, b } = sampleInputs(
      [
        { name: 'a', dtype: 'float32', shape: ['n', 'time'] },
        { name: 'b', dtype: 'float32', shape: ['n', 2, 'time'] },
      ],
      { batch: 2, length: 5 },
    );
    expect([a?.dims, b?.dims]).toEqual([
      [2, 5],
      [2, 2, 5],
    ]);
  });

  it('fills every dtype with the bytes it takes', () => {
    for (const dtype of Object.keys(dtypes) as Tensor['dtype'][]) {
      const { x } = sampleInputs([{ name: 'x', dtype, shape: [3, 3] }]);
      const { bits, array } = dtypes[dtype];
      if (array === 'strings') expect(x?.data).toHaveLength(9);
      else expect((x?.data as Uint8Array | undefined)?.byteLength).toBe(Math.ceil((9 * bits) / 8));
    }
  });

  it('keeps indices inside the table they look up', () => {
    const b = new GraphBuilder('embedding');
    const x = b.input('x', 'int64', ['batch', 7]);
    b.output(
      'y',
      b.add('Gather', [
        b.constant('table', float32([3, 2], [1, 2, 3, 4, 5, 6])),
        b.add('Cast', [x], { attributes: { to: int(6) } }),
      ]),
      'float32',
      [null, null, null],
    );
    const model = b.model({ name: 't', version: '1' });
    const inputs = [{ name: 'x', dtype: 'int64' as const, shape: ['batch', 7] }];
    for (let seed = 0; seed < 20; seed++) {
      const { data } = sampleInputs(inputs, { seed, model }).x ?? { data: [] };
      for (const value of data) expect(Number(value)).toBeLessThan(3);
    }
    expect(Math.max(...Array.from(sampleInputs(inputs, { seed: 1 }).x?.data ?? [], Number))).toBeGreaterThan(
      2,
    );
  });

  it('are where the model centers them', () => {
    const b = new GraphBuilder('pixels');
    const x = b.input('x', 'float32', ['batch', 3]);
    const near = b.input('near', 'float32', ['batch', 3]);
    const scaled = b.add('Mul', [b.add('Identity', [x]), b.constant('s', float32([], [1 / 127.5]))]);
    const centered = b.add('Sub', [scaled, b.constant('o', float32([3], [1, 1, 1]))]);
    const moved = b.add('Add', [near, b.constant('m', float32([3], [1, 2, 3]))]);
    b.output('y', b.add('Add', [centered, moved]), 'float32', ['batch', 3]);
    const model = b.model({ name: 't', version: '1' });
    const inputs = ['x', 'near'].map((name) => ({ name, dtype: 'float32' as const, shape: [64, 3] }));
    const feeds = sampleInputs(inputs, { seed: 1, model });
    const [pixels, others] = [feeds.x, feeds.near].map((tensor) => Array.from(tensor?.data ?? [], Number));
    expect(Math.min(...(pixels ?? []))).toBeGreaterThanOrEqual(0);
    expect(Math.max(...(pixels ?? []))).toBeGreaterThan(240);
    expect(Math.max(...(pixels ?? []))).toBeLessThanOrEqual(255.1);
    expect(Math.max(...(others ?? []))).toBeLessThanOrEqual(1);
  });
});
