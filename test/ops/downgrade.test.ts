// One small model for each rule of downgrading: onnxruntime runs it at opset 21 and as it is said at an older opset, and
// both must agree. What the older model is made of is pinned, so that a rule cannot pass by doing nothing.

import { describe, expect, it } from 'vitest';
import { quietContext } from '../../src/context.ts';
import { encodeOnnxBytes } from '../../src/formats/onnx/encode.ts';
import { readBytes } from '../../src/formats/onnx/read.ts';
import { float, int, string } from '../../src/graph/attribute.ts';
import type { Attribute, Model } from '../../src/graph/model.ts';
import { float32, int64, type Tensor } from '../../src/graph/tensor.ts';
import { sampleInputs } from '../../src/lifecycle/sample-inputs.ts';
import { downgradeModel, OLDEST_WRITTEN } from '../../src/ops/downgrade.ts';
import { history } from '../../src/ops/history.ts';
import { lookup } from '../../src/ops/registry.ts';
import { openGraph } from '../../src/runtimes/onnxruntime.ts';
import { difference } from '../graph/compare.ts';
import { type SmallGraph, type SmallNode, smallGraph, smallModel, smallNode } from './small-model.ts';

type Rule = {
  readonly opset: number;
  readonly model: SmallGraph;
  readonly becomes: readonly string[];
  /** Of the first node. */
  readonly attributes?: readonly string[];
};

const flat = { x: [2, 3, 4] };
const image = { x: [1, 4, 6, 5] };
const one = (node: SmallNode, inputs: SmallGraph['inputs'] = flat, constants = {}): SmallGraph => ({
  inputs,
  constants,
  nodes: [node],
  outputs: [[node[2][0] ?? '', 'float32']],
});
const per = (...values: number[]) => float32([values.length], values);

const rules: Readonly<Record<string, Rule>> = {
  'ReduceSum gets its axes back as attribute below 13': {
    opset: 12,
    model: one(['ReduceSum', ['x', 'axes'], ['y'], { keepdims: int(0) }], flat, { axes: int64([1, -1]) }),
    becomes: ['ReduceSum'],
    attributes: ['keepdims', 'axes'],
  },
  'and counts them from the front below 11': {
    opset: 10,
    model: one(['ReduceSum', ['x', 'axes'], ['y']], flat, { axes: int64([-1]) }),
    becomes: ['ReduceSum'],
    attributes: ['axes'],
  },
  'ReduceMean below 18': {
    opset: 17,
    model: one(['ReduceMean', ['x', 'axes'], ['y']], flat, { axes: int64([0, 2]) }),
    becomes: ['ReduceMean'],
    attributes: ['axes'],
  },
  'a reduction over nothing is an Identity': {
    opset: 13,
    model: one(['ReduceMax', ['x'], ['y'], { noop_with_empty_axes: int(1) }]),
    becomes: ['Identity'],
    attributes: [],
  },
  'Squeeze and Unsqueeze below 11': {
    opset: 10,
    model: {
      inputs: flat,
      constants: { ends: int64([0, -1]), last: int64([-1]) },
      nodes: [
        ['Unsqueeze', ['x', 'ends'], ['wide']],
        ['Squeeze', ['wide', 'last'], ['y']],
      ],
      outputs: [['y', 'float32']],
    },
    becomes: ['Unsqueeze', 'Squeeze'],
    attributes: ['axes'],
  },
  'Split into unequal parts names them below 18': {
    opset: 13,
    model: {
      inputs: flat,
      nodes: [['Split', ['x'], ['y', 'z'], { axis: int(1), num_outputs: int(2) }]],
      outputs: [
        ['y', 'float32'],
        ['z', 'float32'],
      ],
    },
    becomes: ['Split'],
    attributes: ['axis'],
  },
  'and as an attribute below 13': {
    opset: 12,
    model: {
      inputs: flat,
      nodes: [['Split', ['x'], ['y', 'z'], { axis: int(1), num_outputs: int(2) }]],
      outputs: [
        ['y', 'float32'],
        ['z', 'float32'],
      ],
    },
    becomes: ['Split'],
    attributes: ['axis', 'split'],
  },
  'Softmax over the last axis is the same below 13': {
    opset: 12,
    model: one(['Softmax', ['x'], ['y'], { axis: int(-1) }]),
    becomes: ['Softmax'],
  },
  'and over another one goes there and back': {
    opset: 12,
    model: one(['Softmax', ['x'], ['y'], { axis: int(1) }]),
    becomes: ['Transpose', 'Softmax', 'Transpose'],
  },
  'LogSoftmax with only ones behind its axis stays': {
    opset: 9,
    model: one(['LogSoftmax', ['x'], ['y'], { axis: int(1) }], { x: [2, 5, 1, 1] }),
    becomes: ['LogSoftmax'],
  },
  'Pad of zeros in front of a MaxPool stays apart from it below 18': {
    opset: 13,
    model: {
      inputs: { x: [1, 2, 4, 4] },
      constants: { pads: int64([1, 1, 1, 1]), axes: int64([2, 3]) },
      nodes: [
        ['Abs', ['x'], ['a']],
        ['Neg', ['a'], ['b']],
        ['Pad', ['b', 'pads', '', 'axes'], ['p']],
        ['MaxPool', ['p'], ['y'], { kernel_shape: int([3, 3]) }],
      ],
      outputs: [['y', 'float32']],
    },
    becomes: ['Abs', 'Neg', 'Pad', 'MaxPool'],
  },
  'Pad names all axes below 18': {
    opset: 17,
    model: one(['Pad', ['x', 'pads', '', 'axes'], ['y']], flat, { pads: int64([1, 2]), axes: int64([-1]) }),
    becomes: ['Pad'],
  },
  'and has attributes below 11': {
    opset: 10,
    model: one(['Pad', ['x', 'pads', 'value'], ['y']], flat, {
      pads: int64([0, 1, 0, 0, 0, 2]),
      value: float32([], [3]),
    }),
    becomes: ['Pad'],
    attributes: ['pads', 'value'],
  },
  'Clip with constant limits below 11': {
    opset: 9,
    model: one(['Clip', ['x', '', 'max'], ['y']], flat, { max: float32([], [0.25]) }),
    becomes: ['Clip'],
    attributes: ['max'],
  },
  'Clip with computed limits below 11': {
    opset: 9,
    model: one(['Clip', ['x', 'min', 'max'], ['y']], { ...flat, min: [], max: [] }),
    becomes: ['Max', 'Min'],
  },
  'Slice below 10': {
    opset: 9,
    model: one(['Slice', ['x', 'from', 'to', 'axes'], ['y']], flat, {
      from: int64([1]),
      to: int64([2 ** 63]),
      axes: int64([-1]),
    }),
    becomes: ['Slice'],
    attributes: ['starts', 'ends', 'axes'],
  },
  'TopK below 10': {
    opset: 9,
    model: one(['TopK', ['x', 'k'], ['y', 'at'], { largest: int(1), axis: int(-1) }], flat, {
      k: int64([2]),
    }),
    becomes: ['TopK'],
    attributes: ['axis', 'k'],
  },
  'the smallest of TopK below 11': {
    opset: 10,
    model: one(['TopK', ['x', 'k'], ['y', 'at'], { largest: int(0), axis: int(-2) }], flat, {
      k: int64([2]),
    }),
    becomes: ['Neg', 'TopK', 'Neg'],
  },
  'Gemm without a bias below 11': {
    opset: 10,
    model: one(['Gemm', ['x', 'w'], ['y']], { x: [2, 3], w: [3, 4] }),
    becomes: ['Gemm'],
  },
  'Dropout that is only run below 12': {
    opset: 9,
    model: one(['Dropout', ['x', 'ratio'], ['y']], flat, { ratio: float32([], [0.7]) }),
    becomes: ['Dropout'],
  },
  'Gelu below 20': {
    opset: 19,
    model: one(['Gelu', ['x'], ['y']]),
    becomes: ['Mul', 'Mul', 'Erf', 'Add', 'Mul'],
  },
  'Gelu with tanh below 20': {
    opset: 9,
    model: one(['Gelu', ['x'], ['y'], { approximate: string('tanh') }]),
    becomes: ['Mul', 'Mul', 'Mul', 'Mul', 'Add', 'Mul', 'Tanh', 'Add', 'Mul'],
  },
  'Mish below 18': { opset: 17, model: one(['Mish', ['x'], ['y']]), becomes: ['Softplus', 'Tanh', 'Mul'] },
  'HardSwish below 14': {
    opset: 13,
    model: one(['HardSwish', ['x'], ['y']]),
    becomes: ['HardSigmoid', 'Mul'],
  },
  'Celu below 12': {
    opset: 11,
    model: one(['Celu', ['x'], ['y'], { alpha: float(0.5) }]),
    becomes: ['Div', 'Elu', 'Mul'],
  },
  'LayerNormalization below 17': {
    opset: 16,
    model: one(['LayerNormalization', ['x', 's', 'b'], ['y'], { axis: int(-2) }], flat, {
      s: float32(
        [3, 4],
        Array.from({ length: 12 }, (_, index) => index / 6),
      ),
      b: float32(
        [3, 4],
        Array.from({ length: 12 }, (_, index) => 1 - index / 6),
      ),
    }),
    becomes: ['ReduceMean', 'Sub', 'Mul', 'ReduceMean', 'Add', 'Sqrt', 'Div', 'Mul', 'Add'],
    attributes: ['axes'],
  },
  'RMSNormalization below 23': {
    opset: 21,
    model: one(['RMSNormalization', ['x', 's'], ['y']], flat, { s: per(1, 2, 3, 4) }),
    becomes: ['Mul', 'ReduceMean', 'Add', 'Sqrt', 'Div', 'Mul'],
  },
  'GroupNormalization below 21': {
    opset: 17,
    model: one(['GroupNormalization', ['x', 's', 'b'], ['y'], { num_groups: int(2) }], image, {
      s: per(1, 2, 3, 4),
      b: per(-1, 0, 1, 2),
    }),
    becomes: ['Reshape', 'InstanceNormalization', 'Shape', 'Reshape', 'Reshape', 'Mul', 'Reshape', 'Add'],
  },
  'Attention below 23': {
    opset: 20,
    model: one(
      ['Attention', ['x', 'x', 'x'], ['y'], { q_num_heads: int(2), kv_num_heads: int(2), is_causal: int(1) }],
      { x: ['n', 5, 4] },
    ),
    becomes: [
      ...['Reshape', 'Transpose', 'Transpose', 'Reshape', 'Transpose', 'Mul', 'Mul', 'MatMul'],
      ...['Shape', 'Squeeze', 'Range', 'Unsqueeze', 'Shape', 'Squeeze', 'Range', 'GreaterOrEqual', 'Where'],
      ...['Softmax', 'Reshape', 'Transpose', 'MatMul', 'Transpose', 'Reshape'],
    ],
  },
  'Resize names all axes below 18': {
    opset: 17,
    model: one(['Resize', ['x', '', 'by'], ['y'], { axes: int([2, 3]), mode: string('linear') }], image, {
      by: per(2, 1.5),
    }),
    becomes: ['Resize'],
    attributes: ['mode'],
  },
  'has empty inputs below 13': {
    opset: 12,
    model: one(['Resize', ['x', '', '', 'to'], ['y'], { mode: string('linear') }], image, {
      to: int64([1, 4, 9, 5]),
    }),
    becomes: ['Resize'],
  },
  'repeats below 11': {
    opset: 10,
    model: one(['Resize', ['x', '', 'by'], ['y']], image, { by: per(1, 1, 2, 3) }),
    becomes: ['Resize'],
    attributes: ['mode'],
  },
  'and is Upsample below 10': {
    opset: 9,
    model: one(
      [
        'Resize',
        ['x', '', '', 'to'],
        ['y'],
        {
          mode: string('nearest'),
          coordinate_transformation_mode: string('asymmetric'),
          nearest_mode: string('floor'),
        },
      ],
      image,
      { to: int64([1, 4, 12, 5]) },
    ),
    becomes: ['Upsample'],
  },
  'ScatterElements is Scatter below 11': {
    opset: 10,
    model: one(
      ['ScatterElements', ['x', 'at', 'u'], ['y']],
      { x: [3, 3], u: [1, 2] },
      {
        at: { dtype: 'int64', dims: [1, 2], data: BigInt64Array.of(2n, 0n) },
      },
    ),
    becomes: ['Scatter'],
  },
  'GridSample names axes below 20': {
    opset: 16,
    model: one(['GridSample', ['x', 'g'], ['y'], { mode: string('linear') }], {
      x: [1, 2, 4, 6],
      g: [1, 3, 3, 2],
    }),
    becomes: ['GridSample'],
  },
  'DFT has its axis as attribute below 20': {
    opset: 17,
    model: one(
      ['DFT', ['x', '', 'axis'], ['y']],
      { x: [2, 6, 4, 1] },
      {
        axis: { dtype: 'int64', dims: [], data: BigInt64Array.of(-2n) },
      },
    ),
    becomes: ['DFT'],
    attributes: ['axis'],
  },
  'Trilu below 14': {
    opset: 13,
    model: one(
      ['Trilu', ['x', 'k'], ['y'], { upper: int(0) }],
      { x: [2, 3, 4] },
      {
        k: { dtype: 'int64', dims: [], data: BigInt64Array.of(1n) },
      },
    ),
    becomes: ['Where'],
  },
  'a stretch of Shape below 15': {
    opset: 14,
    model: {
      inputs: flat,
      nodes: [['Shape', ['x'], ['y'], { start: int(-2), end: int(3) }]],
      outputs: [['y', 'int64']],
    },
    becomes: ['Shape', 'Slice'],
    attributes: [],
  },
  'GreaterOrEqual below 12': {
    opset: 11,
    model: {
      inputs: { x: [2, 3], z: [3] },
      nodes: [['GreaterOrEqual', ['x', 'z'], ['y']]],
      outputs: [['y', 'bool']],
    },
    becomes: ['Greater', 'Equal', 'Or'],
  },
  'constants of other forms below 12': {
    opset: 11,
    model: {
      inputs: { x: [3] },
      nodes: [
        ['Constant', [], ['c'], { value_floats: float([1, 2, 3]) }],
        ['Add', ['x', 'c'], ['y']],
      ],
      outputs: [['y', 'float32']],
    },
    becomes: ['Constant', 'Add'],
    attributes: ['value'],
  },
  'quantization of a whole tensor below 13': {
    opset: 12,
    model: {
      inputs: flat,
      constants: { s: float32([], [0.01]) },
      nodes: [
        ['QuantizeLinear', ['x', 's'], ['q'], { output_dtype: int(3) }],
        ['DequantizeLinear', ['q', 's', ''], ['y'], { axis: int(0) }],
      ],
      outputs: [['y', 'float32']],
    },
    becomes: ['QuantizeLinear', 'DequantizeLinear'],
    attributes: [],
  },
  'attributes that say the usual are left out': {
    opset: 9,
    model: one(['MaxPool', ['x'], ['y'], { kernel_shape: int([2, 2]), ceil_mode: int(0) }], image),
    becomes: ['MaxPool'],
    attributes: ['kernel_shape'],
  },
  'later opsets take the graph as it is': {
    opset: 22,
    model: one(['Softmax', ['x'], ['y'], { axis: int(1) }]),
    becomes: ['Softmax'],
  },
};

describe('an operator means at an older opset what it means at 21', () => {
  it.each(Object.entries(rules))('%s', async (_, { opset, model, becomes, attributes }) => {
    const given = smallModel(21, model);
    const untouched = JSON.stringify(given.graph.nodes.map((node) => [node, [...node.attributes.keys()]]));
    const older = downgradeModel(given, opset);
    expect(older.opsets.get('')).toBe(opset);
    expect(older.graph.nodes.map((node) => node.opType)).toEqual(becomes);
    if (attributes) expect([...(older.graph.nodes[0]?.attributes.keys() ?? [])]).toEqual(attributes);
    expect(JSON.stringify(given.graph.nodes.map((node) => [node, [...node.attributes.keys()]]))).toBe(
      untouched,
    );
    await expectSame(older, given);
  });

  it('in branches, too, with the constants of the graph around', async () => {
    const branch = (opType: string) =>
      ({
        type: 'graph',
        value: smallGraph({
          nodes: [[opType, ['x', 'axes'], [opType]]],
          outputs: [[opType, 'float32', [2, 1, 4]]],
        }),
      }) as const;
    const given = smallModel(21, {
      inputs: { c: ['bool', []], ...flat },
      constants: { axes: int64([1]) },
      nodes: [['If', ['c'], ['y'], { then_branch: branch('ReduceSum'), else_branch: branch('ReduceMax') }]],
      outputs: [['y', 'float32']],
    });
    const older = downgradeModel(given, 12);
    expect([...older.graph.initializers.keys()]).toEqual([]);
    await expectSame(older, given);
  });

  it('in functions, too', async () => {
    const given = smallModel(21, {
      inputs: { x: [2, 3] },
      nodes: [['Total', ['x'], ['y']]],
      outputs: [['y', 'float32']],
    });
    for (const node of given.graph.nodes) node.domain = 'own';
    given.opsets.set('own', 1);
    given.functions.push({
      name: 'Total',
      domain: 'own',
      inputs: ['a'],
      outputs: ['b'],
      attributes: [],
      attributeDefaults: new Map(),
      opsets: new Map([['', 21]]),
      nodes: [
        smallNode(['Constant', [], ['axes'], { value_ints: int([1]) }]),
        smallNode(['ReduceMean', ['a', 'axes'], ['b']], 1),
      ],
    });
    const older = downgradeModel(given, 13);
    expect(older.functions[0]?.opsets.get('')).toBe(13);
    expect(older.functions[0]?.nodes[1]?.attributes.get('axes')).toEqual(int([1]));
    await expectSame(older, given);
  });
});

describe('what an opset cannot say', () => {
  it('is told all at once, with the opset that can', () => {
    const model = smallModel(21, {
      inputs: { x: [2, 3, 4], axes: ['int64', [1]], i: ['int32', [2, 3]] },
      nodes: [
        ['ReduceMax', ['x', 'axes'], ['most']],
        ['ReduceMin', ['x', 'axes'], ['least']],
        ['Relu', ['i'], ['positive']],
        ['BitwiseNot', ['i'], ['turned']],
        ['Abs', ['x'], ['size']],
      ],
      outputs: ['most', 'least', 'positive', 'turned', 'size'],
    });
    expect(() => downgradeModel(model, 13)).toThrow(
      expect.objectContaining({
        code: 'OPSET_TOO_OLD',
        message: 'opset 13 cannot say what the model does; opset 18 can',
        hint: '--opset 18',
        details: [
          'ReduceMax (ReduceMax_0) needs opset 18: its axes are known only when the model runs',
          'ReduceMin (ReduceMin_1) needs opset 18: its axes are known only when the model runs',
          'Relu (Relu_2) needs opset 14: it takes int32 since then',
          'BitwiseNot (BitwiseNot_3) needs opset 18: the operator came then',
        ],
      }),
    );
    expect(() => downgradeModel(model, 18)).not.toThrow();
  });

  it.each<[string, number, SmallGraph]>([
    [
      'steps of a slice',
      9,
      one(['Slice', ['x', 'a', 'b', 'a', 'b'], ['y']], flat, { a: int64([0]), b: int64([3]) }),
    ],
    [
      'wrapping',
      18,
      one(['Pad', ['x', 'p'], ['y'], { mode: string('wrap') }], { x: [3] }, { p: int64([1, 1]) }),
    ],
    [
      'smallest integers',
      10,
      {
        inputs: { x: ['int64', [4]] },
        constants: { k: int64([1]) },
        nodes: [['TopK', ['x', 'k'], ['y', 'at'], { largest: int(0) }]],
        outputs: [['y', 'int64']],
      },
    ],
    [
      'branches of other shapes',
      10,
      {
        inputs: { c: ['bool', []] },
        constants: { a: per(1), b: per(1, 2) },
        nodes: [['If', ['c'], ['y'], { then_branch: echo('a'), else_branch: echo('b') }]],
        outputs: [['y', 'float32']],
      },
    ],
    [
      'pixel centers',
      10,
      one(['Resize', ['x', '', 'by'], ['y'], { mode: string('linear') }], image, { by: per(1, 1, 2, 2) }),
    ],
    [
      'two axes of zero',
      13,
      one(['Reshape', ['x', 's'], ['y'], { allowzero: int(1) }], { x: [0, 3] }, { s: int64([3, 0]) }),
    ],
    [
      'a scale for each channel',
      12,
      one(['DequantizeLinear', ['x', 's'], ['y']], { x: ['uint8', [2, 3]] }, { s: per(1, 2, 3) }),
    ],
    ['a mask of nothing', 11, one(['Dropout', ['x'], ['y', 'mask']])],
  ])('%s at %i', (_, opset, parts) => {
    expect(() => downgradeModel(smallModel(21, parts), opset)).toThrow(
      expect.objectContaining({ code: 'OPSET_TOO_OLD' }),
    );
  });

  it('does not take the default of an input for a constant', () => {
    const model = smallModel(21, one(['ReduceSum', ['x', 'axes'], ['y']], flat, { axes: int64([1]) }));
    model.graph.inputs.push('axes');
    expect(() => downgradeModel(model, 12)).toThrow(expect.objectContaining({ code: 'OPSET_TOO_OLD' }));
  });
});

describe('the file', () => {
  it.each([
    [9, 4],
    [11, 6],
    [13, 7],
    [17, 8],
    [20, 9],
    [21, 10],
    [23, 11],
  ])('of opset %i has IR %i and reads as the same model', async (opset, ir) => {
    const model = smallModel(21, one(['Softmax', ['x'], ['y'], { axis: int(1) }]));
    const bytes = await encodeOnnxBytes(model, { opset });
    expect([bytes[0], bytes[1]]).toEqual([8, ir]);
    const again = await readBytes(bytes, 'again.onnx', quietContext());
    await expectSame(again, model);
  });
});

describe('the history of operators', () => {
  it('knows only operators and attributes of the registry', () => {
    const strange = Object.entries(history).flatMap(([opType, { attributes = {} }]) => {
      const signature = lookup({ domain: '', opType })?.signature;
      if (signature === undefined) return [opType];
      return Object.keys(attributes).filter((name) => !(name in (signature.attributes ?? {})));
    });
    expect(strange).toEqual([]);
  });

  it('goes back to the oldest opset written', () => {
    const since = Object.values(history).flatMap(({ attributes = {} }) => Object.values(attributes));
    expect(Math.min(...since)).toBe(OLDEST_WRITTEN + 1);
  });
});

function echo(name: string): Attribute {
  const nodes = [['Identity', [name], [`${name}_out`]]] as const;
  return { type: 'graph', value: smallGraph({ nodes, outputs: [[`${name}_out`, 'float32']] }) };
}

async function expectSame(actual: Model, expected: Model): Promise<void> {
  const [was, is] = [await runModel(expected), await runModel(actual)];
  for (const [name, tensor] of Object.entries(was)) {
    expect([name, difference(is[name], tensor, { rtol: 1e-5, atol: 1e-6 })]).toEqual([name, undefined]);
  }
}

async function runModel(model: Model): Promise<Readonly<Record<string, Tensor>>> {
  const session = await openGraph(model);
  try {
    return await session.run(sampleInputs(session.inputs, { seed: 3 }));
  } finally {
    await session.release();
  }
}
