// Convolutions, pooling, resizing and what else works on images: TFLite operators as graphs, beside LiteRT.

import { describe, expect, it } from 'vitest';
import type { OptionValue } from '../../../src/formats/tflite/records.ts';
import {
  type Case,
  expectLikeLitert,
  expectNumbers,
  fixed,
  float,
  integers,
  ints,
  list,
  quantized,
  runRead,
} from './lower-build.ts';
import { expectSteps } from './lower-steps.ts';

type Options = Readonly<Record<string, OptionValue>>;
const image = [2, 7, 6, 4];
const out = (shape: readonly number[]) => [{ shape }];
const length = (size: number, kernel: number, stride: number, padding: string, dilation = 1) =>
  padding === 'SAME'
    ? Math.ceil(size / stride)
    : Math.floor((size - (kernel - 1) * dilation - 1) / stride) + 1;

const cases: Record<string, Case> = {};
for (const padding of ['SAME', 'VALID'])
  for (const [stride, dilation] of [
    [1, 1],
    [2, 1],
    [1, 2],
  ] as const) {
    const options: Options = {
      padding,
      strideW: stride,
      strideH: stride,
      dilationWFactor: dilation,
      dilationHFactor: dilation,
      fusedActivationFunction: 'RELU6',
    };
    const [height, width] = [
      length(7, 3, stride, padding, dilation),
      length(6, 2, stride, padding, dilation),
    ];
    const name = `${padding}, stride ${stride}, dilation ${dilation}`;
    cases[`CONV_2D ${name}`] = {
      opcode: 'CONV_2D',
      options,
      inputs: [float(image), fixed([5, 3, 2, 4], 2), fixed([5], 3)],
      outputs: out([2, height, width, 5]),
    };
    cases[`DEPTHWISE_CONV_2D ${name}`] = {
      opcode: 'DEPTHWISE_CONV_2D',
      version: 2,
      options: { ...options, depthMultiplier: 2 },
      inputs: [float(image), fixed([1, 3, 2, 8], 2), fixed([8], 3)],
      outputs: out([2, height, width, 8]),
    };
  }
for (const opcode of ['AVERAGE_POOL_2D', 'MAX_POOL_2D'])
  for (const padding of ['SAME', 'VALID'])
    cases[`${opcode} ${padding}`] = {
      opcode,
      options: {
        padding,
        strideW: 2,
        strideH: 2,
        filterWidth: 3,
        filterHeight: 3,
        fusedActivationFunction: 'RELU',
      },
      inputs: [float(image)],
      outputs: out([2, length(7, 3, 2, padding), length(6, 3, 2, padding), 4]),
    };
cases.L2_POOL_2D = {
  opcode: 'L2_POOL_2D',
  options: {
    padding: 'VALID',
    strideW: 1,
    strideH: 1,
    filterWidth: 2,
    filterHeight: 2,
    fusedActivationFunction: 'NONE',
  },
  inputs: [float(image)],
  outputs: out([2, 6, 5, 4]),
};
for (const padding of ['SAME', 'VALID'])
  cases[`TRANSPOSE_CONV ${padding}`] = {
    opcode: 'TRANSPOSE_CONV',
    version: 3,
    options: { padding, strideW: 2, strideH: 2 },
    inputs: [
      ints(padding === 'SAME' ? [1, 6, 8, 3] : [1, 7, 9, 3]),
      fixed([3, 3, 3, 4], 2),
      float([1, 3, 4, 4]),
      fixed([3], 3),
    ],
    outputs: out(padding === 'SAME' ? [1, 6, 8, 3] : [1, 7, 9, 3]),
  };
cases.CONV_3D = {
  opcode: 'CONV_3D',
  options: { padding: 'SAME', strideD: 1, strideW: 2, strideH: 1, fusedActivationFunction: 'NONE' },
  inputs: [float([1, 3, 4, 5, 2]), fixed([2, 2, 3, 2, 3], 2), fixed([3], 3)],
  outputs: out([1, 3, 4, 3, 3]),
};
cases.CONV_3D_TRANSPOSE = {
  opcode: 'CONV_3D_TRANSPOSE',
  options: { padding: 'SAME', strideD: 2, strideW: 2, strideH: 2, fusedActivationFunction: 'NONE' },
  inputs: [ints([1, 4, 6, 4, 3]), fixed([2, 3, 2, 3, 2], 2), float([1, 2, 3, 2, 2])],
  outputs: out([1, 4, 6, 4, 3]),
};
for (const opcode of ['RESIZE_BILINEAR', 'RESIZE_NEAREST_NEIGHBOR'])
  for (const options of [{}, { alignCorners: true }, { halfPixelCenters: true }] as const)
    for (const size of [
      [9, 13],
      [3, 4],
    ] as const)
      cases[`${opcode} ${Object.keys(options).join('')} to ${size.join('x')}`] = {
        opcode,
        version: 3,
        options,
        inputs: [float([1, 5, 6, 2]), ints(size)],
        outputs: out([1, ...size, 2]),
      };
cases.SPACE_TO_DEPTH = {
  opcode: 'SPACE_TO_DEPTH',
  options: { blockSize: 2 },
  inputs: [float([1, 4, 6, 3])],
  outputs: out([1, 2, 3, 12]),
};
cases.DEPTH_TO_SPACE = {
  opcode: 'DEPTH_TO_SPACE',
  options: { blockSize: 2 },
  inputs: [float([1, 2, 3, 12])],
  outputs: out([1, 4, 6, 3]),
};
cases['SPACE_TO_BATCH_ND of squares'] = {
  opcode: 'SPACE_TO_BATCH_ND',
  inputs: [float([2, 5, 4, 3]), ints([2, 2]), ints([1, 0, 0, 2], [2, 2])],
  outputs: out([8, 3, 3, 3]),
};
cases['SPACE_TO_BATCH_ND of oblongs'] = {
  opcode: 'SPACE_TO_BATCH_ND',
  inputs: [float([2, 4, 4, 3]), ints([2, 4]), ints([0, 0, 0, 0], [2, 2])],
  outputs: out([16, 2, 1, 3]),
};
cases['BATCH_TO_SPACE_ND of squares'] = {
  opcode: 'BATCH_TO_SPACE_ND',
  inputs: [float([8, 3, 3, 3]), ints([2, 2]), ints([1, 0, 0, 2], [2, 2])],
  outputs: out([2, 5, 4, 3]),
};
cases['BATCH_TO_SPACE_ND of oblongs'] = {
  opcode: 'BATCH_TO_SPACE_ND',
  inputs: [float([16, 2, 1, 3]), ints([2, 4]), ints([0, 0, 0, 1], [2, 2])],
  outputs: out([2, 4, 3, 3]),
};
for (const keepNumDims of [true, false])
  cases[`FULLY_CONNECTED, keepNumDims ${keepNumDims}`] = {
    opcode: 'FULLY_CONNECTED',
    version: 5,
    options: { keepNumDims, fusedActivationFunction: 'RELU' },
    inputs: [float([2, 3, 4]), fixed([5, 4], 2), fixed([5], 3)],
    outputs: out(keepNumDims ? [2, 3, 5] : [6, 5]),
  };
cases['FULLY_CONNECTED without bias'] = {
  opcode: 'FULLY_CONNECTED',
  options: { fusedActivationFunction: 'NONE' },
  inputs: [float([3, 4]), fixed([5, 4], 2), null],
  outputs: out([3, 5]),
};
for (const [adjX, adjY] of [
  [false, false],
  [true, false],
  [false, true],
] as const)
  cases[`BATCH_MATMUL ${adjX} ${adjY}`] = {
    opcode: 'BATCH_MATMUL',
    options: { adjX, adjY },
    inputs: [float(adjX ? [2, 4, 3] : [2, 3, 4]), float(adjY ? [2, 5, 4] : [2, 4, 5], 2)],
    outputs: out([2, 3, 5]),
  };

describe('TFLite operators on images and matrices', () => {
  it.each(Object.keys(cases))('%s', async (name) => {
    await expectLikeLitert(cases[name] as Case, 1e-5);
  });

  it('leave no Transpose between two convolutions', async () => {
    const { model } = await runRead(cases['CONV_2D SAME, stride 1, dilation 1'] as Case);
    expect(model.graph.nodes.filter(({ opType }) => opType === 'Transpose').length).toBeLessThanOrEqual(2);
  });
});

const int8 = (shape: readonly number[], scale: readonly number[], axis: number, seed: number) => ({
  type: 'int8' as const,
  shape,
  constant: integers(
    shape.reduce((product, dim) => product * dim, 1),
    -127,
    128,
    seed,
  ),
  quantization: { scale, zeroPoint: scale.map(() => 0), axis },
});
const bias = (values: readonly number[], scale: readonly number[]) => ({
  type: 'int32' as const,
  shape: [values.length],
  constant: values,
  quantization: { scale, zeroPoint: scale.map(() => 0), axis: 0 },
});
const result = (type: 'int8' | 'uint8', shape: readonly number[], scale: number, zeroPoint: number) => [
  { type, shape, quantization: { scale: [scale], zeroPoint: [zeroPoint] } },
];
const channel = [0.01, 0.02, 0.015];

const steps: Readonly<Record<string, Case>> = {
  'CONV_2D of int8 with a scale per channel': {
    opcode: 'CONV_2D',
    version: 3,
    options: { padding: 'SAME', strideW: 2, strideH: 2, fusedActivationFunction: 'RELU' },
    inputs: [
      quantized('int8', [1, 7, 6, 4], 0.03, 5),
      int8([3, 3, 2, 4], channel, 0, 2),
      bias(
        [100, -200, 50],
        channel.map((scale) => scale * 0.03),
      ),
    ],
    outputs: result('int8', [1, 4, 3, 3], 0.2, -128),
  },
  'DEPTHWISE_CONV_2D of int8 with a scale per channel': {
    opcode: 'DEPTHWISE_CONV_2D',
    version: 3,
    options: {
      padding: 'VALID',
      strideW: 1,
      strideH: 1,
      depthMultiplier: 1,
      fusedActivationFunction: 'RELU6',
    },
    inputs: [
      quantized('int8', [1, 7, 6, 3], 0.03, 5),
      int8([1, 3, 3, 3], channel, 3, 2),
      bias(
        [100, -200, 50],
        channel.map((scale) => scale * 0.03),
      ),
    ],
    outputs: result('int8', [1, 5, 4, 3], 0.1, -20),
  },
  'FULLY_CONNECTED of int8': {
    opcode: 'FULLY_CONNECTED',
    version: 4,
    options: { fusedActivationFunction: 'NONE' },
    inputs: [quantized('int8', [4, 16], 0.03, 5), int8([3, 16], [0.01], 0, 2), bias([10, -20, 30], [0.0003])],
    outputs: result('int8', [4, 3], 0.05, 7),
  },
  'AVERAGE_POOL_2D of uint8': {
    opcode: 'AVERAGE_POOL_2D',
    options: {
      padding: 'SAME',
      strideW: 2,
      strideH: 2,
      filterWidth: 3,
      filterHeight: 3,
      fusedActivationFunction: 'NONE',
    },
    inputs: [quantized('uint8', [1, 7, 6, 4], 0.03, 5)],
    outputs: result('uint8', [1, 4, 3, 4], 0.03, 5),
  },
  'MAX_POOL_2D of int8': {
    opcode: 'MAX_POOL_2D',
    version: 2,
    options: {
      padding: 'VALID',
      strideW: 2,
      strideH: 2,
      filterWidth: 3,
      filterHeight: 3,
      fusedActivationFunction: 'NONE',
    },
    inputs: [quantized('int8', [1, 7, 6, 4], 0.03, 5)],
    outputs: result('int8', [1, 3, 2, 4], 0.03, 5),
  },
  'RESIZE_BILINEAR of int8': {
    opcode: 'RESIZE_BILINEAR',
    version: 3,
    options: { halfPixelCenters: true },
    inputs: [quantized('int8', [1, 5, 6, 2], 0.03, 5), ints([9, 13])],
    outputs: result('int8', [1, 9, 13, 2], 0.03, 5),
  },
  'TRANSPOSE_CONV of int8': {
    opcode: 'TRANSPOSE_CONV',
    version: 3,
    options: { padding: 'SAME', strideW: 2, strideH: 2 },
    inputs: [
      ints([1, 6, 8, 3]),
      int8([3, 3, 3, 4], channel, 0, 2),
      quantized('int8', [1, 3, 4, 4], 0.03, 5),
      bias(
        [100, -200, 50],
        channel.map((scale) => scale * 0.03),
      ),
    ],
    outputs: result('int8', [1, 6, 8, 3], 0.1, -4),
  },
};

describe('quantized TFLite operators on images and matrices', () => {
  it.each(Object.keys(steps))('%s, within one step', async (name) => {
    await expectSteps(steps[name] as Case);
  });
});

describe('MediaPipe operators', () => {
  const pool = (values: readonly number[]) => new Uint8Array(Int32Array.from(values).buffer);

  it('pools with indices and puts the values back', async () => {
    const shape = [1, 4, 4, 2];
    const values = integers(32, -50, 50);
    const { optimized } = await runRead({
      opcode: 'CUSTOM',
      custom: 'MaxPoolingWithArgmax2D',
      customOptions: pool([1, 2, 2, 2, 2, 0, 0, 0, 0, 0]),
      inputs: [{ shape, values }],
      outputs: [{ shape: [1, 2, 2, 2] }, { type: 'int32', shape: [1, 2, 2, 2] }],
    });
    const [largest, places] = [list(optimized[0]), list(optimized[1])];
    expectNumbers(
      places.map((place) => values[place] ?? Number.NaN),
      largest,
      0,
    );
    const back = await runRead({
      opcode: 'CUSTOM',
      custom: 'MaxUnpooling2D',
      customOptions: pool([1, 2, 2, 2, 2, 0, 0, 0, 0, 0]),
      inputs: [
        { shape: [1, 2, 2, 2], values: largest },
        { type: 'int32', shape: [1, 2, 2, 2], values: places },
      ],
      outputs: [{ shape }],
    });
    expectNumbers(
      list(back.optimized[0]),
      values.map((value, at) => (places.includes(at) ? value : 0)),
      0,
    );
  });

  it('transposes a convolution with its bias like TRANSPOSE_CONV', async () => {
    const plain = cases['TRANSPOSE_CONV SAME'] as Case;
    const [, filter, data, offset] = plain.inputs;
    const custom = await runRead({
      opcode: 'CUSTOM',
      custom: 'Convolution2DTransposeBias',
      customOptions: pool([1, 2, 2]),
      inputs: [data ?? null, filter ?? null, offset ?? null],
      outputs: plain.outputs,
    });
    expectNumbers(list(custom.optimized[0]), list((await runRead(plain)).optimized[0]), 1e-6);
  });
});
