// Graphs on whole numbers: codes against the formulas of the specification, its restrictions, and the runtime's results.

import { describe, expect, it } from 'vitest';
import { float, int } from '../../src/graph/attribute.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { copyModel } from '../../src/graph/copy-model.ts';
import type { Graph, Model, Node } from '../../src/graph/model.ts';
import { float32, type Tensor } from '../../src/graph/tensor.ts';
import { validate } from '../../src/graph/validate.ts';
import { inferTypes } from '../../src/ops/infer.ts';
import { affineOf, quantize, quantizePerAxis } from '../../src/passes/quantize/affine.ts';
import type { Range } from '../../src/passes/quantize/calibration/definition.ts';
import type { Kept, TargetNumbers } from '../../src/passes/quantize/definition.ts';
import { precisions } from '../../src/passes/quantize/index.ts';
import { quantizeWeights } from '../../src/passes/quantize/integer-weights.ts';
import { openGraph } from '../../src/runtimes/onnxruntime.ts';

const producer = { name: 't', version: '1' };
const int8 = { dtype: 'int8', isSymmetric: false } as const;

type Options = { dtype?: string; keep?: readonly string[]; target?: TargetNumbers };

function reduce(
  model: Model,
  ranges: Record<string, Range>,
  { dtype = 'int8', keep = [], target = {} }: Options = {},
) {
  const precision = precisions.find(({ name }) => name === dtype);
  if (!precision) throw new Error(dtype);
  inferTypes(model);
  const reduced = copyModel(model);
  const kept = keep.map((node): [string, Kept] => [node, { node, opType: '', reason: 'asked', value: null }]);
  const report = precision.rewrite(reduced, {
    keep: new Map(kept),
    ranges: new Map(Object.entries(ranges)),
    target,
  });
  validate(reduced);
  inferTypes(reduced);
  return { reduced, report };
}

async function run(model: Model, feeds: Record<string, Tensor>, optimize = false): Promise<number[]> {
  const session = await openGraph(model, { optimize });
  const results = await session.run(feeds);
  await session.release();
  return Object.values(results).flatMap(({ data }) => [...(data as Float32Array)]);
}

const named = (graph: Graph, name: string): Node => {
  const node = graph.nodes.find((each) => each.name === name);
  if (!node) throw new Error(`no node ${name}`);
  return node;
};
const maker = (graph: Graph, value = ''): Node | undefined =>
  graph.nodes.find(({ outputs }) => outputs.includes(value));
const held = (graph: Graph, value = ''): number[] =>
  Array.from(graph.initializers.get(value)?.data as Float32Array, Number);
/** Scale and zero point of what an input of a node is dequantized with. */
const codesOf = (graph: Graph, node: Node, index = 0): number[] => {
  const source = maker(graph, node.inputs[index]);
  expect(source?.opType).toBe('DequantizeLinear');
  return [...held(graph, source?.inputs[1]), ...held(graph, source?.inputs[2])];
};
/** Of what becomes of an output. */
const codesAfter = (graph: Graph, node: Node): number[] => {
  const next = graph.nodes.find(({ inputs }) => inputs[0] === node.outputs[0]);
  expect(next?.opType).toBe('QuantizeLinear');
  return [...held(graph, next?.inputs[1]), ...held(graph, next?.inputs[2])];
};

describe('scales', () => {
  it('are (max − min) / 255, with a code for zero', () => {
    expect(affineOf({ min: 0, max: 255 }, int8)).toEqual({ scale: 1, zeroPoint: -128 });
    expect(affineOf({ min: -255, max: 0 }, int8)).toEqual({ scale: 1, zeroPoint: 127 });
    // Halfway between two codes.
    expect([-1, 0]).toContain(affineOf({ min: -1, max: 1 }, int8).zeroPoint);
    // A range that does not hold zero is widened.
    expect(affineOf({ min: 3, max: 51 }, int8)).toEqual({ scale: Math.fround(0.2), zeroPoint: -128 });
    expect(affineOf({ min: 0, max: 0 }, int8)).toEqual({ scale: 1, zeroPoint: 0 });
    expect(affineOf({ min: -2, max: 1 }, { dtype: 'int16', isSymmetric: true })).toEqual({
      scale: Math.fround(2 / 32767),
      zeroPoint: 0,
    });
    expect(affineOf({ min: 0, max: 1e-45 }, int8).scale).toBeGreaterThan(1e-38);
  });

  it('round to the nearest code, ties to even, and saturate', () => {
    const codes = quantize(
      float32([6], [0.25, 0.75, -0.25, 1e9, -1e9, 0]),
      { scale: 0.5, zeroPoint: 3 },
      'int8',
    );
    expect([...codes.data]).toEqual([3, 5, 3, 127, -128, 3]);
    const perAxis = quantizePerAxis(
      float32([2, 2], [1, -2, 30, 40]),
      Float32Array.of(2 / 127, 40 / 127),
      0,
      'int8',
    );
    expect([...perAxis.data]).toEqual([64, -127, 95, 127]);
    const columns = quantizePerAxis(
      float32([2, 2], [1, -2, 30, 40]),
      Float32Array.of(30 / 127, 40 / 127),
      1,
      'int8',
    );
    expect([...columns.data]).toEqual([4, -6, 127, 127]);
  });

  it('give a bias 32 bits at input × weight scale, and room', () => {
    const weights = float32([3, 1], [127, 0, 1e-9]);
    const bias = float32([3], [2, 0.5, 4]);
    const made = quantizeWeights(weights, 0, 0.5, bias);
    const scales = made.weights.scales.data as Float32Array;
    expect(scales[0]).toBe(1);
    // The bias of the last channel would not fit in 31 bits at 1e-9 / 127 · 0.5.
    expect(scales[2]).toBeCloseTo(4 / (0.5 * 2 ** 30), 15);
    const codes = Array.from((made.bias?.codes.data ?? []) as Int32Array);
    expect(codes[0]).toBe(4);
    expect(codes[2]).toBeLessThanOrEqual(2 ** 30);
    for (const [i, code] of codes.entries()) {
      expect(code * 0.5 * (scales[i] ?? 0)).toBeCloseTo((bias.data as Float32Array)[i] ?? 0, 3);
    }
  });
});

/** Conv → Relu → MaxPool → Flatten → Gemm → Softmax. */
function convnet(): Model {
  const b = new GraphBuilder('g');
  const wave = (count: number) => Array.from({ length: count }, (_, i) => Math.sin(i * 1.7) * (1 + (i % 3)));
  const x = b.input('x', 'float32', ['batch', 1, 4, 4]);
  const conv = b.add(
    'Conv',
    [x, b.constant('k', float32([2, 1, 3, 3], wave(18))), b.constant('kb', float32([2], [0.1, -0.2]))],
    {
      name: 'conv',
      attributes: { pads: int([1, 1, 1, 1]) },
    },
  );
  const relu = b.add('Relu', [conv], { name: 'relu' });
  const pool = b.add('MaxPool', [relu], {
    name: 'pool',
    attributes: { kernel_shape: int([2, 2]), strides: int([2, 2]) },
  });
  const flat = b.add('Flatten', [pool], { name: 'flat' });
  const gemm = b.add(
    'Gemm',
    [flat, b.constant('w', float32([3, 8], wave(24))), b.constant('wb', float32([3], [1, 2, 3]))],
    {
      name: 'gemm',
      attributes: { transB: int(1) },
    },
  );
  b.output('y', b.add('Softmax', [gemm], { name: 'softmax' }), 'float32', ['batch', 3]);
  return b.model(producer);
}
const ranges = {
  x: { min: -1, max: 1 },
  conv: { min: -9, max: 9 },
  relu: { min: 0, max: 9 },
  pool: { min: 0, max: 8 },
  flat: { min: 0, max: 8 },
  gemm: { min: -20, max: 31 },
  softmax: { min: 0, max: 1 },
  y: { min: 0, max: 1 },
};
const image = {
  x: float32(
    [1, 1, 4, 4],
    Array.from({ length: 16 }, (_, i) => Math.cos(i)),
  ),
};

describe('int8', () => {
  it('follows the specification: shared scales, fixed scales, symmetric weights per channel, biases', () => {
    const { reduced, report } = reduce(convnet(), ranges);
    const { graph } = reduced;
    expect(report.kept).toEqual([]);
    expect(report.changed).toEqual(['conv', 'relu', 'pool', 'flat', 'gemm', 'softmax', 'y/output']);
    const [conv, relu, pool, gemm, softmax] = ['conv', 'relu', 'pool', 'gemm', 'softmax'].map((name) =>
      named(graph, name),
    ) as [Node, Node, Node, Node, Node];
    // The activation is computed with the convolution.
    expect(relu.inputs[0]).toBe(conv.outputs[0]);
    expect(codesAfter(graph, relu)).toEqual([Math.fround(9 / 255), -128]);
    expect(codesOf(graph, pool)).toEqual(codesAfter(graph, pool));
    expect(codesOf(graph, gemm)).toEqual(codesAfter(graph, pool));
    expect(codesAfter(graph, softmax)).toEqual([1 / 256, -128]);
    const weights = maker(graph, conv.inputs[1]);
    expect(weights?.attributes.get('axis')).toEqual(int(0));
    expect(Math.max(...held(graph, weights?.inputs[0]).map(Math.abs))).toBe(127);
    expect(held(graph, weights?.inputs[2])).toEqual([0, 0]);
    const bias = maker(graph, conv.inputs[2]);
    expect(graph.initializers.get(bias?.inputs[0] ?? '')?.dtype).toBe('int32');
    const [inputScale = 0] = codesOf(graph, conv);
    const products = held(graph, weights?.inputs[1]).map((scale) => Math.fround(scale * inputScale));
    expect(held(graph, bias?.inputs[1])).toEqual(products);
    expect(
      [...graph.initializers.values()].some(({ dtype, data }) => dtype === 'float32' && data.length > 3),
    ).toBe(false);
  });

  it('computes nearly the same, whether the runtime fuses it or not', async () => {
    const expected = await run(convnet(), image);
    const { reduced } = reduce(convnet(), ranges);
    for (const optimize of [false, true]) {
      const actual = await run(reduced, image, optimize);
      for (const [i, value] of actual.entries())
        expect(Math.abs(value - (expected[i] ?? 0))).toBeLessThan(0.05);
    }
  });

  it('keeps names and types of inputs and outputs', () => {
    const { graph } = reduce(convnet(), ranges).reduced;
    expect(graph.inputs).toEqual(['x']);
    expect(graph.outputs).toEqual(['y']);
    expect(maker(graph, 'y')?.opType).toBe('DequantizeLinear');
    expect(graph.types.get('y')).toMatchObject({ dtype: 'float32' });
  });

  it('leaves in float32 what was asked for, has no rule, or no range', () => {
    const { report, reduced } = reduce(convnet(), ranges, { keep: ['gemm'] });
    expect(report.kept).toEqual([{ node: 'gemm', opType: 'Gemm', reason: 'asked', value: null }]);
    expect(named(reduced.graph, 'gemm').inputs[1]).toBe('w');
    const { conv: _, ...others } = ranges;
    expect(reduce(convnet(), others).report.kept.map(({ node, reason }) => `${node} ${reason}`)).toEqual([
      'conv range',
      'relu range',
    ]);
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', [2]);
    b.output(
      'y',
      b.add('Erf', [b.add('Reshape', [x, b.ints('s', [2])], { name: 'r' })], { name: 'erf' }),
      'float32',
      [2],
    );
    const idle = reduce(b.model(producer), { x: ranges.x, r: ranges.x, erf: ranges.x, y: ranges.x });
    expect(idle.report).toMatchObject({ changed: [], kept: [{ node: 'erf', reason: 'operator' }] });
    expect(idle.reduced.graph.nodes.map(({ opType }) => opType)).toEqual(['Reshape', 'Erf', 'Identity']);
  });

  it('gives what Concat joins one scale, converting what has a fixed one', async () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', [1, 2]);
    const z = b.input('z', 'float32', [1, 2]);
    const doubled = b.add('Add', [x, x], { name: 'doubled' });
    const sigmoid = b.add('Sigmoid', [x], { name: 'sigmoid' });
    const parts = [doubled, sigmoid, z, b.constant('c', float32([1, 1], [-7]))];
    const joined = b.add('Concat', parts, { name: 'joined', attributes: { axis: int(1) } });
    b.output('y', joined, 'float32', [1, 7]);
    const seen = {
      x: { min: -1, max: 1 },
      z: { min: 0, max: 5 },
      doubled: { min: -2, max: 2 },
      sigmoid: { min: 0.2, max: 0.8 },
      joined: { min: -7, max: 5 },
      y: { min: -7, max: 5 },
    };
    const { reduced } = reduce(b.model(producer), seen);
    const node = named(reduced.graph, 'joined');
    const codes = codesAfter(reduced.graph, node);
    expect(codes).toEqual([Math.fround(12 / 255), Math.round(-128 + 7 / (12 / 255))]);
    for (const index of [0, 1, 2, 3]) expect(codesOf(reduced.graph, node, index)).toEqual(codes);
    expect(codesAfter(reduced.graph, named(reduced.graph, 'sigmoid'))).toEqual([1 / 256, -128]);
    const result = await run(reduced, { x: float32([1, 2], [0.5, -0.5]), z: float32([1, 2], [5, 1]) });
    const expected = [1, -1, 0.6225, 0.3775, 5, 1, -7];
    for (const [i, value] of result.entries())
      expect(Math.abs(value - (expected[i] ?? 0))).toBeLessThan(0.05);
  });

  it.each([true, false])(
    'stores the bias of a product with it where the target does: %s',
    async (fusesBias) => {
      const b = new GraphBuilder('g');
      const x = b.input('x', 'float32', [1, 2, 2]);
      const product = b.add('MatMul', [x, b.constant('w', float32([2, 2], [1, 2, 3, 4]))], {
        name: 'product',
      });
      const sum = b.add('Add', [b.constant('b', float32([2], [10, -20])), product], { name: 'sum' });
      b.output('y', b.add('Relu', [sum], { name: 'relu' }), 'float32', [1, 2, 2]);
      const seen = {
        x: { min: 0, max: 1 },
        product: { min: 0, max: 6 },
        sum: { min: -20, max: 14 },
        relu: { min: 0, max: 14 },
        y: { min: 0, max: 14 },
      };
      const { reduced } = reduce(b.model(producer), seen, { target: { fusesBias } });
      const add = named(reduced.graph, 'sum');
      const isDirect = add.inputs[1] === named(reduced.graph, 'product').outputs[0];
      expect(isDirect).toBe(fusesBias);
      const stored = maker(reduced.graph, add.inputs[0])?.inputs[0] ?? '';
      expect(reduced.graph.initializers.get(stored)?.dtype).toBe(fusesBias ? 'int32' : 'int8');
      const result = await run(reduced, { x: float32([1, 2, 2], [1, 0, 0, 1]) });
      for (const [i, value] of result.entries())
        expect(Math.abs(value - ([11, 0, 13, 0][i] ?? 0))).toBeLessThan(0.2);
    },
  );

  it('leaves outer values that sub-graphs read, and products with alpha', () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', [1, 2]);
    const w = b.constant('w', float32([2, 2], [1, 2, 3, 4]));
    b.output(
      'y',
      b.add('Gemm', [x, w], { name: 'gemm', attributes: { alpha: float(0.5) } }),
      'float32',
      [1, 2],
    );
    const { report } = reduce(b.model(producer), { x: ranges.x, gemm: ranges.x, y: ranges.x });
    expect(report.kept).toMatchObject([{ node: 'gemm', reason: 'operator' }]);
  });
});

describe('int16x8 and dynamic-int8', () => {
  it('int16x8: symmetric activations of 16 bits are closer', async () => {
    const expected = await run(convnet(), image);
    const { reduced } = reduce(convnet(), ranges, { dtype: 'int16x8' });
    expect(codesOf(reduced.graph, named(reduced.graph, 'gemm'))[1]).toBe(0);
    for (const [i, value] of (await run(reduced, image)).entries()) {
      expect(Math.abs(value - (expected[i] ?? 0))).toBeLessThan(0.01);
    }
  });

  it('dynamic-int8: only large weights change', async () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', [1, 40]);
    const data = Float32Array.from({ length: 1600 }, (_, i) => Math.sin(i));
    const large = b.add('MatMul', [x, b.constant('large', float32([40, 40], data))], { name: 'first' });
    b.output(
      'y',
      b.add('MatMul', [large, b.constant('small', float32([40, 1], data.subarray(0, 40)))], {
        name: 'second',
      }),
      'float32',
      [1, 1],
    );
    const { reduced, report } = reduce(b.model(producer), {}, { dtype: 'dynamic-int8' });
    expect(report.changed).toEqual(['first']);
    expect(maker(reduced.graph, named(reduced.graph, 'first').inputs[1])?.attributes.get('axis')).toEqual(
      int(1),
    );
    expect(reduced.graph.initializers.has('large')).toBe(false);
    expect(reduced.graph.initializers.get('small')?.dtype).toBe('float32');
    const feeds = { x: float32([1, 40], data.subarray(7, 47)) };
    const [expected = 0] = await run(b.model(producer), feeds);
    const [actual = 0] = await run(reduced, feeds);
    expect(Math.abs(actual - expected)).toBeLessThan(0.02 * Math.abs(expected) + 0.2);
  });

  it('float16 as weights only: a Cast after each, nothing else', async () => {
    const { reduced, report } = reduce(convnet(), {}, { dtype: 'float16', target: { storesHalf: true } });
    expect(report.changed).toEqual(['conv', 'gemm']);
    expect(reduced.graph.nodes.filter(({ opType }) => opType === 'Cast')).toHaveLength(2);
    expect(reduced.graph.initializers.get('w/float16')?.dtype).toBe('float16');
    const expected = await run(convnet(), image);
    for (const [i, value] of (await run(reduced, image)).entries())
      expect(value).toBeCloseTo(expected[i] ?? 0, 2);
  });
});
