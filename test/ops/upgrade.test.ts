// One small model for each rule of an operator's history: onnxruntime runs it as written for the old opset and as upgraded,
// and both must agree. What the upgraded model is made of is pinned, so that a rule cannot pass by doing nothing.

import { describe, expect, it } from 'vitest';
import { float, int, string } from '../../src/graph/attribute.ts';
import { type Graph, type Model, OPSET } from '../../src/graph/model.ts';
import { elementCount, float32, int64, type Tensor } from '../../src/graph/tensor.ts';
import { upgradeModel } from '../../src/ops/upgrade.ts';
import { openGraph } from '../../src/runtimes/onnxruntime.ts';
import type { Feeds } from '../../src/runtimes/session.ts';
import { type SmallGraph, smallGraph, smallModel, smallNode } from './small-model.ts';

type Rule = {
  readonly says: string;
  readonly opset: number;
  readonly model: SmallGraph;
  /** Operators after the upgrade. */
  readonly becomes: readonly string[];
  readonly feeds?: Feeds;
};

const spatial = { x: [1, 2, 4, 6] };
const flat = { x: [2, 3, 4] };

const rules: readonly Rule[] = [
  {
    says: 'Upsample 7 has scales as attribute',
    opset: 7,
    model: { inputs: spatial, nodes: [['Upsample', ['x'], ['y'], { scales: float([1, 1, 2, 3]) }]] },
    becomes: ['Resize'],
  },
  {
    says: 'Upsample 9 has scales as input',
    opset: 9,
    model: {
      inputs: spatial,
      constants: { s: float32([4], [1, 1, 2, 1.5]) },
      nodes: [['Upsample', ['x', 's'], ['y'], { mode: string('linear') }]],
    },
    becomes: ['Resize'],
  },
  ...[
    { says: 'grows', scales: [1, 1, 2, 1.5], becomes: ['Resize'] },
    { says: 'shrinks, rounding up', scales: [1, 1, 0.6, 0.5], becomes: ['Resize'] },
    { says: 'grows one axis and shrinks another', scales: [1, 1, 0.6, 2.5], becomes: ['Resize', 'Resize'] },
  ].map(
    ({ says, scales, becomes }): Rule => ({
      says: `Resize 10, nearest, ${says}`,
      opset: 10,
      model: {
        inputs: spatial,
        constants: { s: float32([4], scales) },
        nodes: [['Resize', ['x', 's'], ['y']]],
      },
      becomes,
    }),
  ),
  {
    says: 'Resize 10, linear, does both at once',
    opset: 10,
    model: {
      inputs: spatial,
      constants: { s: float32([4], [1, 1, 0.6, 2.5]) },
      nodes: [['Resize', ['x', 's'], ['y'], { mode: string('linear') }]],
    },
    becomes: ['Resize'],
  },
  {
    says: 'Resize 11 has empty roi and scales beside sizes',
    opset: 11,
    model: {
      inputs: spatial,
      constants: { none: float32([0], []), sizes: int64([1, 2, 7, 9]) },
      nodes: [['Resize', ['x', 'none', 'none', 'sizes'], ['y'], { mode: string('linear') }]],
    },
    becomes: ['Resize'],
  },
  ...['floor', 'round_prefer_floor'].map(
    (rounding): Rule => ({
      says: `Resize 11 knows tf_half_pixel_for_nn, ${rounding}`,
      opset: 11,
      model: {
        inputs: { x: [1, 1, 5, 7] },
        constants: { roi: float32([0], []), s: float32([4], [1, 1, 2.3, 0.7]) },
        nodes: [
          [
            'Resize',
            ['x', 'roi', 's'],
            ['y'],
            {
              coordinate_transformation_mode: string('tf_half_pixel_for_nn'),
              nearest_mode: string(rounding),
            },
          ],
        ],
      },
      becomes: ['Resize'],
    }),
  ),
  ...[{}, { min: float(-0.5) }, { max: float(0.5) }, { min: float(-0.5), max: float(0.5) }].map(
    (attributes): Rule => ({
      says: `Clip 6 has attributes: ${Object.keys(attributes).join(' and ') || 'none'}`,
      opset: 7,
      model: { inputs: flat, nodes: [['Clip', ['x'], ['y'], attributes]] },
      becomes: ['Clip'],
    }),
  ),
  {
    says: 'Pad 2 has pads and value as attributes',
    opset: 10,
    model: {
      inputs: flat,
      nodes: [['Pad', ['x'], ['y'], { pads: int([0, 1, 2, 0, 0, 1]), value: float(1.5) }]],
    },
    becomes: ['Pad'],
  },
  {
    says: 'Pad 2 reflects',
    opset: 7,
    model: {
      inputs: flat,
      nodes: [['Pad', ['x'], ['y'], { pads: int([0, 1, 2, 0, 0, 1]), mode: string('reflect') }]],
    },
    becomes: ['Pad'],
  },
  {
    says: 'Pad 2 of float64',
    opset: 10,
    model: {
      inputs: { x: ['float64', [3]] },
      nodes: [['Pad', ['x'], ['y'], { pads: int([1, 1]), value: float(1.5) }]],
      outputs: [['y', 'float64']],
    },
    becomes: ['Pad'],
  },
  {
    says: 'Slice 1 has attributes, and an end beyond every axis',
    opset: 9,
    model: {
      inputs: flat,
      nodes: [['Slice', ['x'], ['y'], { starts: int([1, -3]), ends: int([2 ** 63, -1]), axes: int([1, 2]) }]],
    },
    becomes: ['Slice'],
  },
  {
    says: 'Slice 1 counts axes from the first',
    opset: 7,
    model: { inputs: flat, nodes: [['Slice', ['x'], ['y'], { starts: int([0, 1]), ends: int([1, 3]) }]] },
    becomes: ['Slice'],
  },
  {
    says: 'TopK 1 has k as attribute',
    opset: 9,
    model: {
      inputs: flat,
      nodes: [['TopK', ['x'], ['y', 'at'], { k: int(2), axis: int(1) }]],
      outputs: [
        ['y', 'float32'],
        ['at', 'int64'],
      ],
    },
    becomes: ['TopK'],
  },
  {
    says: 'Squeeze and Unsqueeze 11 have axes as attributes',
    opset: 11,
    model: {
      inputs: flat,
      nodes: [
        ['Unsqueeze', ['x'], ['wide'], { axes: int([0, -1]) }],
        ['Squeeze', ['wide'], ['y'], { axes: int([0]) }],
      ],
    },
    becomes: ['Unsqueeze', 'Squeeze'],
  },
  {
    says: 'Squeeze 1 without axes',
    opset: 7,
    model: { inputs: { x: [1, 3, 1] }, nodes: [['Squeeze', ['x'], ['y']]] },
    becomes: ['Squeeze'],
  },
  ...['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceL2', 'ReduceLogSumExp'].flatMap((opType): Rule[] =>
    [{}, { axes: int([1]) }, { axes: int([-1, 0]), keepdims: int(0) }].map((attributes) => ({
      says: `${opType} has axes as attribute: ${JSON.stringify(attributes)}`,
      opset: 11,
      model: { inputs: flat, nodes: [[opType, ['x'], ['y'], attributes]] },
      becomes: [opType],
    })),
  ),
  {
    says: 'Split 2 has parts as attribute',
    opset: 11,
    model: {
      inputs: flat,
      nodes: [['Split', ['x'], ['y', 'z'], { axis: int(2), split: int([1, 3]) }]],
      outputs: [
        ['y', 'float32'],
        ['z', 'float32'],
      ],
    },
    becomes: ['Split'],
  },
  ...[2, 13].map(
    (since): Rule => ({
      says: `Split ${since} makes as many equal parts as outputs`,
      opset: since === 2 ? 9 : 17,
      model: {
        inputs: flat,
        nodes: [['Split', ['x'], ['y', 'z'], { axis: int(-1) }]],
        outputs: [
          ['y', 'float32'],
          ['z', 'float32'],
        ],
      },
      becomes: ['Split'],
    }),
  ),
  ...['Softmax', 'LogSoftmax', 'Hardmax'].flatMap((opType): Rule[] => [
    {
      says: `${opType} 11 over the last axis`,
      opset: 11,
      model: { inputs: flat, nodes: [[opType, ['x'], ['y'], { axis: int(2) }]] },
      becomes: [opType],
    },
    {
      says: `${opType} 11 over all axes from the second on`,
      opset: 11,
      model: { inputs: flat, nodes: [[opType, ['x'], ['y']]] },
      becomes: ['Shape', 'Flatten', opType, 'Reshape'],
    },
    {
      says: `${opType} 7 over channels with nothing behind them`,
      opset: 7,
      model: { inputs: { x: ['n', 5, 1, 1] }, nodes: [[opType, ['x'], ['y']]] },
      becomes: [opType],
    },
    {
      says: `${opType} 9 of unknown rank`,
      opset: 9,
      model: {
        inputs: { x: [12], shape: ['int64', ['rank']] },
        nodes: [
          ['Reshape', ['x', 'shape'], ['any']],
          [opType, ['any'], ['y'], { axis: int(1) }],
        ],
      },
      feeds: { x: seeded([12]), shape: int64([2, 3, 2]) },
      becomes: ['Reshape', 'Shape', 'Flatten', opType, 'Reshape'],
    },
  ]),
  {
    says: 'Dropout 7 has ratio as attribute',
    opset: 7,
    model: { inputs: flat, nodes: [['Dropout', ['x'], ['y'], { ratio: float(0.3) }]] },
    becomes: ['Dropout'],
  },
  {
    // What the mask holds outside training was not said before 12, so only its type is kept.
    says: 'Dropout 7 has a mask of the element type of the data',
    opset: 7,
    model: {
      inputs: flat,
      nodes: [['Dropout', ['x'], ['y', 'mask'], { ratio: float(0.3) }]],
      outputs: [['y', 'float32']],
    },
    becomes: ['Dropout', 'Cast'],
  },
  {
    says: 'BatchNormalization 7 says it is spatial',
    opset: 7,
    model: {
      inputs: spatial,
      constants: statistics([2]),
      nodes: [['BatchNormalization', ['x', 'scale', 'bias', 'mean', 'variance'], ['y'], { spatial: int(1) }]],
    },
    becomes: ['BatchNormalization'],
  },
  {
    says: 'BatchNormalization 7 by element',
    opset: 7,
    model: {
      inputs: spatial,
      constants: statistics([2, 4, 6]),
      nodes: [['BatchNormalization', ['x', 'scale', 'bias', 'mean', 'variance'], ['y'], { spatial: int(0) }]],
    },
    becomes: ['Sub', 'Add', 'Sqrt', 'Div', 'Mul', 'Add'],
  },
  {
    says: 'RoiAlign 10 does not shift by half a pixel',
    opset: 10,
    model: {
      inputs: spatial,
      constants: { rois: float32([2, 4], [0, 0, 3, 3, 1, 0, 5, 2]), batches: int64([0, 0]) },
      nodes: [
        [
          'RoiAlign',
          ['x', 'rois', 'batches'],
          ['y'],
          { output_height: int(2), output_width: int(3), sampling_ratio: int(2) },
        ],
      ],
    },
    becomes: ['RoiAlign'],
  },
  ...['bilinear', 'bicubic', 'nearest'].map(
    (mode): Rule => ({
      says: `GridSample 16 names its mode ${mode}`,
      opset: 16,
      model: {
        inputs: { x: [1, 2, 4, 6], grid: [1, 3, 3, 2] },
        nodes: [['GridSample', ['x', 'grid'], ['y'], { mode: string(mode) }]],
      },
      becomes: ['GridSample'],
    }),
  ),
  {
    says: 'DFT 17 has axis as attribute, 1 by default',
    opset: 17,
    model: { inputs: { x: [2, 6, 4, 1] }, nodes: [['DFT', ['x'], ['y'], { onesided: int(1) }]] },
    becomes: ['DFT'],
  },
  {
    says: 'GroupNormalization 18 scales by group',
    opset: 18,
    model: {
      inputs: { x: ['n', 6, 5] },
      constants: { scale: float32([2], [0.5, 2]), bias: float32([2], [1, -1]) },
      nodes: [['GroupNormalization', ['x', 'scale', 'bias'], ['y'], { num_groups: int(2) }]],
    },
    becomes: ['Reshape', 'Expand', 'Reshape', 'Reshape', 'Expand', 'Reshape', 'GroupNormalization'],
  },
  {
    says: 'Scatter 9 is ScatterElements',
    opset: 9,
    model: {
      inputs: { x: [3, 3], u: [1, 2] },
      constants: { at: { dtype: 'int64', dims: [1, 2], data: BigInt64Array.of(2n, 0n) } },
      nodes: [['Scatter', ['x', 'at', 'u'], ['y'], { axis: int(0) }]],
    },
    becomes: ['ScatterElements'],
  },
  {
    says: 'Scan 8 has a batch',
    opset: 8,
    model: {
      inputs: { state: [2, 3], x: [2, 5, 3] },
      nodes: [
        [
          'Scan',
          ['', 'state', 'x'],
          ['y', 'all'],
          {
            num_scan_inputs: int(1),
            directions: int([1]),
            body: {
              type: 'graph',
              value: smallGraph({
                inputs: { s: [3], e: [3] },
                nodes: [
                  ['Add', ['s', 'e'], ['next']],
                  ['Identity', ['next'], ['out']],
                ],
                outputs: [
                  ['next', 'float32', [3]],
                  ['out', 'float32', [3]],
                ],
              }),
            },
          },
        ],
      ],
      outputs: [
        ['y', 'float32'],
        ['all', 'float32'],
      ],
    },
    becomes: ['Scan'],
  },
  {
    says: 'branches are upgraded too',
    opset: 11,
    model: {
      inputs: { c: ['bool', []], x: [1, 3] },
      nodes: [
        [
          'If',
          ['c'],
          ['y'],
          {
            then_branch: { type: 'graph', value: branch('ReduceSum', { axes: int([1]), keepdims: int(0) }) },
            else_branch: { type: 'graph', value: branch('Squeeze', { axes: int([0]) }) },
          },
        ],
      ],
    },
    becomes: ['If'],
  },
];

describe('an operator means at opset 21 what it meant before', () => {
  it.each(rules)('$says', async ({ opset, model, feeds, becomes }) => {
    const given = feeds ?? feedsFor(model);
    const before = await runModel(smallModel(opset, model), given);
    const upgraded = smallModel(opset, model);
    upgradeModel(upgraded);
    expect(upgraded.opsets.get('')).toBe(OPSET);
    expect(upgraded.graph.nodes.map((node) => node.opType)).toEqual(becomes);
    expectSame(await runModel(upgraded, given), before);
  });
});

describe('operators that no opset has', () => {
  const x = seeded([1, 3, 4, 5]);
  const pixel = (c: number, h: number, w: number): number => Number(x.data[(c * 4 + h) * 5 + w]);

  it('Affine is a product and a sum', async () => {
    const y = await runExperimental('Affine', { alpha: float(2), beta: float(-1) });
    expect(y.data[7]).toBeCloseTo(2 * Number(x.data[7]) - 1, 5);
  });

  it('ImageScaler scales all and shifts each channel', async () => {
    const y = await runExperimental('ImageScaler', { scale: float(3), bias: float([1, 2, 4]) });
    expect(y.data[2 * 20 + 5 + 3]).toBeCloseTo(3 * pixel(2, 1, 3) + 4, 5);
  });

  it('Crop cuts borders off: left, top, right, bottom', async () => {
    const y = await runExperimental('Crop', { border: int([1, 2, 1, 0]) });
    expect(y.dims).toEqual([1, 3, 2, 3]);
    expect(y.data[0]).toBe(pixel(0, 2, 1));
  });

  it('Crop takes a window of a given size', async () => {
    const y = await runExperimental('Crop', { border: int([1, 1, 0, 0]), scale: int([2, 3]) });
    expect(y.dims).toEqual([1, 3, 2, 3]);
    expect(y.data[0]).toBe(pixel(0, 1, 1));
  });

  async function runExperimental(opType: string, attributes: NonNullable<SmallGraph['nodes'][number][3]>) {
    const model = smallModel(7, { inputs: { x: [1, 3, 4, 5] }, nodes: [[opType, ['x'], ['y'], attributes]] });
    upgradeModel(model);
    const { y } = await runModel(model, { x });
    return y as Tensor;
  }
});

describe('functions of the model', () => {
  const called = (attributes: NonNullable<SmallGraph['nodes'][number][3]>): Model => {
    const model = smallModel(17, { inputs: { x: [2, 3] }, nodes: [['Total', ['x'], ['y']]] });
    for (const node of model.graph.nodes) node.domain = 'own';
    model.opsets.set('own', 1);
    model.functions.push({
      name: 'Total',
      domain: 'own',
      inputs: ['a'],
      outputs: ['b'],
      attributes: ['axes'],
      attributeDefaults: new Map(),
      opsets: new Map([['', 17]]),
      nodes: [smallNode(['ReduceMean', ['a'], ['b'], attributes])],
    });
    return model;
  };

  it('are upgraded and typed through their calls', async () => {
    const attributes = { axes: int([1]), keepdims: int(0) };
    const x = seeded([2, 3]);
    const before = await runModel(called(attributes), { x });
    const model = called(attributes);
    upgradeModel(model);
    expect(model.functions[0]?.nodes.map((node) => node.opType)).toEqual(['Constant', 'ReduceMean']);
    expect(model.functions[0]?.opsets.get('')).toBe(OPSET);
    expect(model.graph.types.get('y')).toMatchObject({ dtype: 'float32', shape: [2] });
    expectSame(await runModel(model, { x }), before);
  });

  it('are upgraded once, and not again with each call', async () => {
    const model = smallModel(18, {
      inputs: { x: [2, 6, 5] },
      constants: { scale: float32([1], [0.5]), bias: float32([1], [1]) },
      nodes: [
        ['Normalize', ['x', 'scale', 'bias'], ['once']],
        ['Normalize', ['once', 'scale', 'bias'], ['y']],
      ],
    });
    for (const node of model.graph.nodes) node.domain = 'own';
    model.opsets.set('own', 1);
    model.functions.push({
      name: 'Normalize',
      domain: 'own',
      inputs: ['a', 's', 't'],
      outputs: ['b'],
      attributes: [],
      attributeDefaults: new Map(),
      opsets: new Map([['', 21]]),
      nodes: [
        smallNode(['Constant', [], ['six'], { value_ints: int([6]) }]),
        smallNode(['Expand', ['s', 'six'], ['s6']]),
        smallNode(['Expand', ['t', 'six'], ['t6']]),
        smallNode(['GroupNormalization', ['a', 's6', 't6'], ['b'], { num_groups: int(2) }], 3),
      ],
    });
    upgradeModel(model);
    expect(model.functions[0]?.nodes.map((node) => node.opType)).toEqual([
      'Constant',
      'Expand',
      'Expand',
      'GroupNormalization',
    ]);
    expect(model.graph.types.get('y')).toMatchObject({ shape: [2, 6, 5] });
  });

  it('may hand on attributes that mean the same', () => {
    const model = called({ axes: int([1]), keepdims: { type: 'reference', value: 'keeps', of: 'int' } });
    for (const { opsets } of model.functions) opsets.set('', 21);
    model.functions[0]?.nodes[0]?.attributes.delete('axes');
    model.graph.nodes[0]?.attributes.set('keeps', int(0));
    upgradeModel(model);
    expect(model.graph.types.get('y')).toMatchObject({ shape: [] });
  });

  it('cannot be upgraded where they hand on an attribute that became an input', () => {
    const model = called({ axes: { type: 'reference', value: 'axes', of: 'ints' } });
    expect(() => upgradeModel(model)).toThrow(/"axes" comes from the caller of a function/);
  });
});

describe('attributes of the wrong kind', () => {
  it.each<[string, number, NonNullable<SmallGraph['nodes'][number][3]>, string]>([
    ['Slice', 9, { starts: int(1) }, '"starts" must be of kind ints, not int'],
    ['Upsample', 7, { scales: int([1, 2]) }, '"scales" must be of kind floats, not ints'],
    ['DFT', 17, { axis: string('one') }, '"axis" must be of kind int, not string'],
    ['TopK', 9, { k: float(1) }, '"k" must be of kind int, not float'],
  ])('%s of opset %i', (opType, opset, attributes, problem) => {
    const model = smallModel(opset, { inputs: { x: [2, 3] }, nodes: [[opType, ['x'], ['y'], attributes]] });
    expect(() => upgradeModel(model)).toThrow(
      expect.objectContaining({ code: 'MODEL_INVALID', message: expect.stringContaining(problem) }),
    );
  });
});

describe('opsets outside 7 to 26', () => {
  it.each([1, 6, 27, 100])('%i is refused', (opset) => {
    const model = smallModel(opset, { inputs: { x: [2] }, nodes: [['Relu', ['x'], ['y']]] });
    expect(() => upgradeModel(model)).toThrow(
      expect.objectContaining({
        code: 'OPSET_UNSUPPORTED',
        message: expect.stringContaining(`opset ${opset};`),
      }),
    );
  });
});

function branch(opType: string, attributes: NonNullable<SmallGraph['nodes'][number][3]>): Graph {
  const output = `${opType}_out`;
  return smallGraph({ nodes: [[opType, ['x'], [output], attributes]], outputs: [[output, 'float32']] });
}

function statistics(dims: number[]): Record<string, Tensor> {
  const positive = seeded(dims);
  const variance = float32(
    dims,
    Array.from(positive.data as Float32Array, (value) => Math.abs(value) + 0.1),
  );
  return { scale: seeded(dims), bias: seeded(dims), mean: seeded(dims), variance };
}

/** Numbers from -1 to 1, the same each time. */
function seeded(dims: readonly number[]): Tensor {
  let state = 7;
  const next = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return (state / 2 ** 31) * 2 - 1;
  };
  return float32(dims, Array.from({ length: elementCount(dims) }, next));
}

function feedsFor(model: SmallGraph): Feeds {
  const { graph } = smallModel(OPSET, model);
  return Object.fromEntries(
    graph.inputs.map((name) => {
      const type = graph.types.get(name);
      const shape = type?.kind === 'tensor' ? (type.shape ?? []) : [];
      const tensor = seeded(shape.map((dim) => (typeof dim === 'number' ? dim : 2)));
      if (type?.kind === 'tensor' && type.dtype === 'bool')
        return [name, { dtype: 'bool', dims: [], data: Uint8Array.of(1) }];
      if (type?.kind === 'tensor' && type.dtype === 'float64') {
        return [name, { ...tensor, dtype: 'float64', data: Float64Array.from(tensor.data as Float32Array) }];
      }
      return [name, tensor];
    }),
  );
}

async function runModel(model: Model, feeds: Feeds): Promise<Feeds> {
  const session = await openGraph(model, { optimize: false });
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

function expectSame(actual: Feeds, expected: Feeds): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, tensor] of Object.entries(expected)) {
    expect(actual[name]).toMatchObject({ dtype: tensor.dtype, dims: tensor.dims });
    const values = Array.from(actual[name]?.data ?? [], Number);
    for (const [index, value] of Array.from(tensor.data, Number).entries()) {
      expect(values[index]).toBeCloseTo(value, 5);
    }
  }
}
