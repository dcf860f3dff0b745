// Inputs and outputs as codes, weights that are codes already, and products with one scale.

import { describe, expect, it } from 'vitest';
import { int } from '../../src/graph/attribute.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { copyModel } from '../../src/graph/copy-model.ts';
import { type Graph, type Model, type Node, tensorType } from '../../src/graph/model.ts';
import { float32, type Tensor } from '../../src/graph/tensor.ts';
import { validate } from '../../src/graph/validate.ts';
import { inferTypes } from '../../src/ops/infer.ts';
import type { Range } from '../../src/passes/quantize/calibration/definition.ts';
import type { IoDtype, TargetNumbers } from '../../src/passes/quantize/definition.ts';
import { precisions } from '../../src/passes/quantize/index.ts';
import onnxruntime from '../../src/runtimes/onnxruntime.ts';

const producer = { name: 't', version: '1' };
const unit: Range = { min: -1, max: 1 };

function reduce(
  model: Model,
  ranges: Record<string, Range>,
  { dtype = 'int8', ...others }: { dtype?: string; ioDtype?: IoDtype; target?: TargetNumbers } = {},
) {
  inferTypes(model);
  const reduced = copyModel(model);
  const precision = precisions.find(({ name }) => name === dtype);
  const report = precision?.rewrite(reduced, {
    keep: new Map(),
    ranges: new Map(Object.entries(ranges)),
    ...others,
  });
  validate(reduced);
  inferTypes(reduced);
  return { graph: reduced.graph, reduced, kept: report?.kept ?? [] };
}

const types = ({ nodes }: Graph) => nodes.map(({ opType }) => opType);
const maker = (graph: Graph, value = ''): Node | undefined =>
  graph.nodes.find(({ outputs }) => outputs.includes(value));
const held = (graph: Graph, value = ''): number[] =>
  Array.from(graph.initializers.get(value)?.data as Float32Array, Number);

/** y = x · w + b, and what it is for x = [1, −0.5]. */
function product(weights: (b: GraphBuilder) => string): Model {
  const b = new GraphBuilder('g');
  const x = b.input('x', 'float32', [1, 2]);
  const bias = b.constant('bias', float32([2], [0.25, -0.5]));
  b.add('Gemm', [x, weights(b), bias], { name: 'gemm', outputs: ['y'] });
  const model = b.model(producer);
  model.graph.outputs.push('y');
  model.graph.types.set('y', tensorType('float32', [1, 2]));
  return model;
}
const plain = (b: GraphBuilder) => b.constant('w', float32([2, 2], [1, 0.02, -0.5, 0.01]));
const seen = { x: unit, y: { min: -2, max: 2 } };

describe('inputs and outputs', () => {
  it.each([
    ['int8', ['DequantizeLinear', 'DequantizeLinear', 'DequantizeLinear', 'Gemm', 'QuantizeLinear']],
    [
      'uint8',
      [
        ...['DequantizeLinear', 'DequantizeLinear', 'DequantizeLinear', 'QuantizeLinear', 'DequantizeLinear'],
        ...['Gemm', 'QuantizeLinear', 'DequantizeLinear', 'QuantizeLinear'],
      ],
    ],
  ] as const)('are %s without a conversion that is not needed', async (ioDtype, expected) => {
    const { graph, reduced, kept } = reduce(product(plain), seen, { ioDtype });
    expect(kept).toEqual([]);
    expect(types(graph).sort()).toEqual([...expected].sort());
    for (const name of ['x', 'y']) expect(graph.types.get(name)).toMatchObject({ dtype: ioDtype });
    const session = await onnxruntime.open(await onnxruntime.encode(reduced));
    // The session says what the codes stand for.
    const [input, output] = [session.inputs[0], session.outputs[0]];
    const zero = ioDtype === 'int8' ? 0 : 128;
    expect(input?.quantization?.scale).toBeCloseTo(2 / 255, 8);
    expect(output?.quantization?.scale).toBeCloseTo(4 / 255, 8);
    const at = (real: number) => Math.round(real / (2 / 255)) + (input?.quantization?.zeroPoint ?? 0);
    expect(Math.abs((input?.quantization?.zeroPoint ?? 99) - zero)).toBeLessThanOrEqual(1);
    const array = ioDtype === 'int8' ? Int8Array : Uint8Array;
    const x = { dtype: ioDtype, dims: [1, 2], data: array.of(at(1), at(-0.5)) } as Tensor;
    const codes = Array.from((await session.run({ x })).y?.data as Int8Array);
    await session.release();
    const { scale = 0, zeroPoint = 0 } = output?.quantization ?? {};
    for (const [index, value] of [1.5, -0.485].entries())
      expect(Math.abs(((codes[index] ?? 0) - zeroPoint) * scale - value)).toBeLessThan(0.03);
  });

  it('get the codes of their range where only float32 nodes read or make them', () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', [2]);
    b.output('y', b.add('Erf', [x], { name: 'erf' }), 'float32', [2]);
    const { graph } = reduce(b.model(producer), { x: unit, erf: unit, y: unit }, { ioDtype: 'int8' });
    expect(types(graph).filter((opType) => opType !== 'Identity')).toEqual([
      'DequantizeLinear',
      'Erf',
      'QuantizeLinear',
    ]);
    expect(held(graph, maker(graph, 'y')?.inputs[1])).toEqual([Math.fround(2 / 255)]);
  });

  it('stay float32 where nothing is known of them, and are named', () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', [2]);
    const ids = b.input('ids', 'int64', [2]);
    b.output('y', b.add('Erf', [x], { name: 'erf' }), 'float32', [2]);
    b.output('same', b.add('Identity', [ids], { name: 'i' }), 'int64', [2]);
    const { graph, kept } = reduce(b.model(producer), { x: unit }, { ioDtype: 'int8' });
    expect(graph.types.get('x')).toMatchObject({ dtype: 'int8' });
    expect(graph.types.get('ids')).toMatchObject({ dtype: 'int64' });
    expect(graph.types.get('y')).toMatchObject({ dtype: 'float32' });
    expect(kept).toContainEqual({ node: 'y', opType: 'output', reason: 'range', value: null });
  });

  it('may be int16 with activations of 16 bits', () => {
    const { graph } = reduce(product(plain), seen, { dtype: 'int16x8', ioDtype: 'int16' });
    expect(graph.types.get('x')).toMatchObject({ dtype: 'int16' });
    expect(graph.types.get('y')).toMatchObject({ dtype: 'int16' });
  });
});

describe('weights that are codes', () => {
  const coded =
    (codes: number[], zero: number[], scale: number[], axis = 1) =>
    (b: GraphBuilder) => {
      const dims = scale.length === 1 ? [] : [scale.length];
      const parts = [
        b.constant('codes', { dtype: 'int8', dims: [2, 2], data: Int8Array.from(codes) }),
        b.constant('scale', float32(dims, scale)),
        b.constant('zero', { dtype: 'int8', dims, data: Int8Array.from(zero) }),
      ];
      return b.add('DequantizeLinear', parts, { name: 'read', attributes: { axis: int(axis) } });
    };
  const weightsOf = (graph: Graph) => {
    const read = maker(graph, graph.nodes.find(({ opType }) => opType === 'Gemm')?.inputs[1]);
    return [held(graph, read?.inputs[0]), held(graph, read?.inputs[1])];
  };

  it('stay those codes where they are as weights are to be', () => {
    const one = reduce(product(coded([100, 2, -50, 1], [0], [0.01])), seen);
    expect(one.kept).toEqual([]);
    expect(weightsOf(one.graph)).toEqual([[100, 2, -50, 1], [Math.fround(0.01)]]);
    const two = reduce(product(coded([100, 2, -50, 1], [0, 0], [0.01, 0.5])), seen);
    expect(weightsOf(two.graph)).toEqual([
      [100, 2, -50, 1],
      [Math.fround(0.01), 0.5],
    ]);
  });

  it('are made anew where they have a zero point, −128, or scales along another axis', () => {
    for (const weights of [
      coded([100, 2, -50, 1], [3], [0.01]),
      coded([-128, 2, -50, 1], [0], [0.01]),
      coded([100, 2, -50, 1], [0, 0], [0.01, 0.5], 0),
    ]) {
      const [codes = [], scales = []] = weightsOf(reduce(product(weights), seen).graph);
      expect(scales).toHaveLength(2);
      expect(Math.max(...codes.map(Math.abs))).toBe(127);
    }
  });

  it('stay as they are where the node stays in float32', () => {
    const { graph, kept } = reduce(product(coded([100, 2, -50, 1], [0], [0.01])), { x: unit });
    expect(kept.map(({ reason }) => reason)).toContain('range');
    expect(types(graph)).toContain('DequantizeLinear');
    expect([...graph.initializers.values()].filter(({ data }) => data.length === 4)).toMatchObject([
      { dtype: 'int8' },
    ]);
  });
});

it('gives a product one scale where the target wants that', () => {
  const whole = reduce(product(plain), seen, { target: { scalesProductsWhole: true } });
  const perOutput = reduce(product(plain), seen);
  const scales = ({ graph }: typeof whole) =>
    held(graph, maker(graph, graph.nodes.find(({ opType }) => opType === 'Gemm')?.inputs[1])?.inputs[1]);
  expect(scales(whole)).toEqual([Math.fround(1 / 127)]);
  expect(scales(perOutput)).toEqual([Math.fround(1 / 127), Math.fround(0.02 / 127)].map(Math.fround));
});
