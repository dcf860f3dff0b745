// Graphs in half precision: every number, the places of Casts, and what the runtime makes of the result.

import { describe, expect, it } from 'vitest';
import { float, int, tensor } from '../../src/graph/attribute.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { copyModel } from '../../src/graph/copy-model.ts';
import { fromFloat16 } from '../../src/graph/half-precision.ts';
import { type Graph, type Model, tensorType } from '../../src/graph/model.ts';
import { float32, type Tensor } from '../../src/graph/tensor.ts';
import { validate } from '../../src/graph/validate.ts';
import { inferTypes } from '../../src/ops/infer.ts';
import type { Range } from '../../src/passes/quantize/calibration/definition.ts';
import type { Kept } from '../../src/passes/quantize/definition.ts';
import float16 from '../../src/passes/quantize/float16.ts';
import { halfBits, halfLoss, toHalf } from '../../src/passes/quantize/half.ts';
import { openGraph } from '../../src/runtimes/onnxruntime.ts';

const producer = { name: 't', version: '1' };

function reduce(model: Model, ranges: Record<string, Range> = {}, keep: readonly string[] = []) {
  inferTypes(model);
  const half = copyModel(model);
  const kept = keep.map((node): [string, Kept] => [node, { node, opType: '', reason: 'asked', value: null }]);
  const report = float16.rewrite(half, { keep: new Map(kept), ranges: new Map(Object.entries(ranges)) });
  validate(half);
  inferTypes(half);
  return { half, report };
}

async function run(model: Model, feeds: Record<string, Tensor>): Promise<number[]> {
  const session = await openGraph(model, { optimize: false });
  const results = await session.run(feeds);
  await session.release();
  return Object.values(results).flatMap(({ data }) => [...(data as Float32Array)]);
}

const ops = (graph: Graph) => graph.nodes.map(({ opType }) => opType).sort();

describe('half precision numbers', () => {
  it('come back from their value, all of them', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      if ((bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0) continue;
      expect(halfBits(fromFloat16(bits))).toBe(bits);
    }
  });

  it('round to the nearest, ties to the even one, between any two neighbours', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const [low, high] = [fromFloat16(bits), fromFloat16(bits + 1)];
      const middle = (low + high) / 2;
      const nudge = (high - low) / 16;
      if (halfBits(middle) !== (bits & 1 ? bits + 1 : bits)) expect.fail(`tie above ${bits}`);
      if (halfBits(middle - nudge) !== bits) expect.fail(`below the middle above ${bits}`);
      if (halfBits(-(middle + nudge)) !== ((bits + 1) | 0x8000))
        expect.fail(`above the middle above ${bits}`);
    }
  });

  it('stay finite when they were, and not when they were not', () => {
    expect(halfBits(1e9)).toBe(0x7bff);
    expect(halfBits(65520)).toBe(0x7bff);
    expect(halfBits(-3.4e38)).toBe(0xfbff);
    expect(halfBits(Number.POSITIVE_INFINITY)).toBe(0x7c00);
    expect(halfBits(Number.NaN)).toBe(0x7e00);
    expect(halfBits(-0)).toBe(0x8000);
    expect(halfBits(2 ** -25)).toBe(0);
    expect(halfBits(2 ** -25 * 1.001)).toBe(1);
  });

  it('lose what they lose', () => {
    expect(halfLoss(float32([2], [1, 0.5])).relative).toBe(0);
    expect(halfLoss(float32([1], [1e5])).relative).toBeCloseTo(1 - 65504 / 1e5, 6);
    expect(halfLoss(float32([1], [1e-12])).relative).toBe(1);
    expect(halfLoss(float32([2], [1, 1e-12])).relative).toBeLessThan(1e-11);
  });
});

describe('float16', () => {
  function chain(): Model {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', ['batch', 2]);
    const w = b.constant('w', float32([2, 2], [0.1, 0.2, 0.3, -0.4]));
    const dense = b.add('MatMul', [x, w], { name: 'dense' });
    const big = b.add('Mul', [dense, b.number('k', 8)], { name: 'big' });
    const relu = b.add('Relu', [big], { name: 'relu' });
    b.output('y', relu, 'float32', ['batch', 2]);
    return b.model(producer);
  }

  it('casts at the borders of the graph only, and keeps the names and types there', async () => {
    const { half, report } = reduce(chain());
    expect(report).toEqual({ changed: ['dense', 'big', 'relu', 'y/output'], kept: [] });
    expect(ops(half.graph)).toEqual(['Cast', 'Cast', 'Identity', 'MatMul', 'Mul', 'Relu']);
    expect(half.graph.initializers.get('w')).toEqual(toHalf(float32([2, 2], [0.1, 0.2, 0.3, -0.4])));
    expect(half.graph.types.get('y')).toEqual(tensorType('float32', ['batch', 2]));
    const feeds = { x: float32([1, 2], [1, 2]) };
    const expected = await run(chain(), feeds);
    for (const [i, value] of (await run(half, feeds)).entries())
      expect(value).toBeCloseTo(expected[i] ?? 0, 2);
  });

  it('keeps nodes whose values were seen outside the range, with casts around them', () => {
    const { half, report } = reduce(chain(), { dense: { min: -1, max: 2 }, big: { min: -70000, max: 5 } });
    expect(report.kept).toEqual([
      { node: 'big', opType: 'Mul', reason: 'range', value: 70000 },
      { node: 'relu', opType: 'Relu', reason: 'range', value: 70000 },
    ]);
    expect(half.graph.types.get('big')).toMatchObject({ dtype: 'float32' });
    expect(half.graph.initializers.get('k')?.dtype).toBe('float32');
    expect(half.graph.initializers.get('w')?.dtype).toBe('float16');
  });

  it('keeps nodes whose values are all too small, and those asked for', () => {
    const { report } = reduce(chain(), { dense: { min: -1e-5, max: 0 } }, ['relu']);
    expect(report.kept.map(({ node, reason }) => `${node} ${reason}`)).toEqual([
      'dense range',
      'big range',
      'relu asked',
    ]);
  });

  it('keeps nodes with a constant that overflows or vanishes', async () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', [3]);
    const masked = b.add('Add', [x, b.constant('mask', float32([3], [0, -1e9, 0]))], { name: 'masked' });
    const safe = b.add('Add', [masked, b.number('epsilon', 1e-12)], { name: 'safe' });
    b.output('y', b.add('Sigmoid', [safe], { name: 'sigmoid' }), 'float32', [3]);
    const { half, report } = reduce(b.model(producer));
    expect(report.kept.map(({ node, reason, value }) => [node, reason, value])).toEqual([
      ['masked', 'weight', 1e9],
      ['safe', 'weight', Math.fround(1e-12)],
    ]);
    expect((await run(half, { x: float32([3], [0, 0, 0]) })).map((v) => v.toFixed(2))).toEqual([
      '0.50',
      '0.00',
      '0.50',
    ]);
  });

  it('copies a constant that both kinds of nodes read', () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', [2]);
    const w = b.constant('w', float32([2], [1, 2]));
    const first = b.add('Mul', [x, w], { name: 'first' });
    b.output('y', b.add('Mul', [first, w], { name: 'second' }), 'float32', [2]);
    const { half } = reduce(b.model(producer), {}, ['second']);
    expect(half.graph.initializers.get('w')?.dtype).toBe('float32');
    expect(half.graph.initializers.get('w/float16')?.dtype).toBe('float16');
  });

  it('rewrites what says the type in an attribute, and leaves what has to be float32', async () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', [1, 1, 2, 2]);
    const n = b.input('n', 'int64', [4]);
    const cast = b.add('Cast', [n], { name: 'cast', attributes: { to: int(1) } });
    const fill = b.add('ConstantOfShape', [b.ints('dims', [1, 1, 4, 4])], { name: 'fill' });
    const one = b.add('Constant', [], { name: 'one', attributes: { value_float: float(1) } });
    const held = b.add('Constant', [], { name: 'held', attributes: { value: tensor(float32([1], [2])) } });
    const scales = b.constant('scales', float32([4], [1, 1, 2, 2]));
    const resize = b.add('Resize', [x, '', scales], { name: 'resize' });
    const count = b.add('Size', [resize], { name: 'count' });
    const sum = b.add('Sum', [resize, fill, cast, one, held], { name: 'sum' });
    b.output('y', sum, 'float32', [1, 1, 4, 4]);
    b.output('c', count, 'int64', []);
    const { half, report } = reduce(b.model(producer));
    expect(report.kept).toEqual([]);
    expect(report.changed).not.toContain('count');
    expect(half.graph.initializers.get('scales')?.dtype).toBe('float32');
    expect(half.graph.nodes.filter(({ opType }) => opType === 'Cast')).toHaveLength(3);
    const feeds = {
      x: float32([1, 1, 2, 2], [1, 2, 3, 4]),
      n: { dtype: 'int64', dims: [4], data: BigInt64Array.of(0n, 1n, 2n, 3n) } as const,
    };
    expect((await run(half, feeds)).slice(0, 4)).toEqual([4, 5, 7, 8]);
  });

  it('leaves operators without a float16 version alone, and says so', () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', [2]);
    const [start, limit, delta] = [b.number('start', 0), b.number('limit', 2), b.number('delta', 1)];
    const range = b.add('Range', [start, limit, delta], { name: 'range' });
    b.output('y', b.add('Add', [x, range], { name: 'add' }), 'float32', [2]);
    const { half, report } = reduce(b.model(producer));
    expect(report.kept).toEqual([{ node: 'range', opType: 'Range', reason: 'operator', value: null }]);
    expect(half.graph.initializers.get('start')?.dtype).toBe('float32');
  });

  /** y = cond ? relu(x·w + seen) : x, with both a constant and a value from outside. */
  function branches(): Model {
    const b = new GraphBuilder('g');
    const cond = b.input('cond', 'bool', []);
    const x = b.input('x', 'float32', [2]);
    const w = b.constant('w', float32([2], [0.5, 3]));
    const seen = b.add('Neg', [x], { name: 'neg' });
    const inside = (name: string, nodes: Graph['nodes'], output: string): Graph => {
      const types = new Map([[output, tensorType('float32', [2])]]);
      return { name, inputs: [], outputs: [output], nodes, initializers: new Map(), types };
    };
    const node = (opType: string, inputs: string[], output: string) => {
      return { name: `${output}!`, opType, domain: '', inputs, outputs: [output], attributes: new Map() };
    };
    const yes = inside(
      'yes',
      [node('Mul', [x, w], 'mul'), node('Add', ['mul', seen], 'add'), node('Relu', ['add'], 'relu')],
      'relu',
    );
    const no = inside('no', [node('Identity', [x], 'same')], 'same');
    const attributes = {
      then_branch: { type: 'graph', value: yes } as const,
      else_branch: { type: 'graph', value: no } as const,
    };
    b.output('y', b.add('If', [cond], { name: 'if', attributes }), 'float32', [2]);
    return b.model(producer);
  }

  it.each([[[]], [['if']], [['add!']], [['neg', 'relu!']], [['if', 'mul!', 'add!', 'relu!', 'same!']]])(
    'goes into sub-graphs, keeping %j',
    async (keep) => {
      const { half, report } = reduce(branches(), {}, keep);
      expect(report.kept.map(({ node }) => node).sort()).toEqual([...keep].sort());
      for (const [cond, expected] of [
        [1, [0, 4]],
        [0, [1, 2]],
      ] as const) {
        const feeds = {
          cond: { dtype: 'bool', dims: [], data: Uint8Array.of(cond) } as const,
          x: float32([2], [1, 2]),
        };
        expect(await run(half, feeds)).toEqual(expected);
      }
    },
  );

  it.each([[[]], [['loop']], [['double']]])('carries values through loops, keeping %j', async (keep) => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', [2]);
    const count = b.constant('count', { dtype: 'int64', dims: [], data: BigInt64Array.of(3n) });
    const body: Graph = {
      name: 'body',
      inputs: ['i', 'go', 'carried'],
      outputs: ['again', 'next', 'scanned'],
      nodes: [
        {
          name: 'again',
          opType: 'Identity',
          domain: '',
          inputs: ['go'],
          outputs: ['again'],
          attributes: new Map(),
        },
        {
          name: 'double',
          opType: 'Add',
          domain: '',
          inputs: ['carried', 'carried'],
          outputs: ['next'],
          attributes: new Map(),
        },
        {
          name: 'scan',
          opType: 'Neg',
          domain: '',
          inputs: ['next'],
          outputs: ['scanned'],
          attributes: new Map(),
        },
      ],
      initializers: new Map(),
      types: new Map([
        ['i', tensorType('int64', [])],
        ['go', tensorType('bool', [])],
        ['carried', tensorType('float32', [2])],
        ['again', tensorType('bool', [])],
        ['next', tensorType('float32', [2])],
        ['scanned', tensorType('float32', [2])],
      ]),
    };
    const attributes = { body: { type: 'graph', value: body } as const };
    const [last, all] = b.addAll('Loop', [count, '', x], 2, { name: 'loop', attributes });
    b.output('last', last ?? '', 'float32', [2]);
    b.output('all', all ?? '', 'float32', ['steps', 2]);
    const { half } = reduce(b.model(producer), {}, keep);
    expect(await run(half, { x: float32([2], [1, 3]) })).toEqual([8, 24, -2, -6, -4, -12, -8, -24]);
  });

  it('leaves a graph without float32 as it is', () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'int64', [2]);
    b.output('y', b.add('Add', [x, x]), 'int64', [2]);
    const { half, report } = reduce(b.model(producer));
    expect(report).toEqual({ changed: [], kept: [] });
    expect(ops(half.graph)).toEqual(['Add', 'Identity']);
  });
});
