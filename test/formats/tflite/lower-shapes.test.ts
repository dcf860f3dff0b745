// TFLite operators that move, pick, join and count elements, as graphs beside LiteRT or beside what they should give.

import { describe, expect, it } from 'vitest';
import {
  type Case,
  expectLikeLitert,
  expectNumbers,
  float,
  ints,
  list,
  quantized,
  runRead,
} from './lower-build.ts';

const out = (shape: readonly number[]) => [{ shape }];
const whole = (shape: readonly number[]) => ({ type: 'int32' as const, shape });
const counts = (values: readonly number[], shape: readonly number[] = [values.length]) =>
  ({ type: 'int32', shape, values }) as const;

const cases: Record<string, Case> = {
  RESHAPE: { opcode: 'RESHAPE', inputs: [float([2, 6]), ints([3, -1])], outputs: out([3, 4]) },
  'RESHAPE by its options': {
    opcode: 'RESHAPE',
    options: { newShape: [4, 3] },
    inputs: [float([2, 6])],
    outputs: out([4, 3]),
  },
  SQUEEZE: {
    opcode: 'SQUEEZE',
    options: { squeezeDims: [0, -1] },
    inputs: [float([1, 3, 1, 2, 1])],
    outputs: out([3, 1, 2]),
  },
  'SQUEEZE of all': { opcode: 'SQUEEZE', inputs: [float([1, 3, 1, 2])], outputs: out([3, 2]) },
  EXPAND_DIMS: { opcode: 'EXPAND_DIMS', inputs: [float([3, 2]), ints([-1], [])], outputs: out([3, 2, 1]) },
  TRANSPOSE: { opcode: 'TRANSPOSE', inputs: [float([2, 3, 4]), ints([2, 0, 1])], outputs: out([4, 2, 3]) },
  SLICE: {
    opcode: 'SLICE',
    inputs: [float([3, 4, 5]), ints([1, 0, 2]), ints([2, -1, 2])],
    outputs: out([2, 4, 2]),
  },
  'STRIDED_SLICE with masks and a negative stride': {
    opcode: 'STRIDED_SLICE',
    options: { beginMask: 1, endMask: 2, shrinkAxisMask: 4 },
    inputs: [float([4, 5, 6]), ints([9, 4, -1]), ints([3, 9, 9]), ints([1, -2, 1])],
    outputs: out([3, 3]),
  },
  GATHER: {
    opcode: 'GATHER',
    options: { axis: 1 },
    inputs: [float([2, 5, 3]), ints([4, 0, 0, 2], [2, 2])],
    outputs: out([2, 2, 2, 3]),
  },
  'GATHER in batches': {
    opcode: 'GATHER',
    version: 5,
    options: { axis: 2, batchDims: 1 },
    inputs: [float([2, 3, 5, 2]), ints([4, 0, 1, 2, 2, 0], [2, 3])],
    outputs: out([2, 3, 3, 2]),
  },
  GATHER_ND: {
    opcode: 'GATHER_ND',
    inputs: [float([3, 4, 2]), ints([0, 3, 2, 1], [2, 2])],
    outputs: out([2, 2]),
  },
  'SCATTER_ND that adds up': {
    opcode: 'SCATTER_ND',
    inputs: [ints([0, 3, 0], [3, 1]), float([3, 2]), ints([5, 2])],
    outputs: out([5, 2]),
  },
  CONCATENATION: {
    opcode: 'CONCATENATION',
    options: { axis: -1 },
    inputs: [float([2, 3]), float([2, 1], 2)],
    outputs: out([2, 4]),
  },
  PACK: {
    opcode: 'PACK',
    options: { axis: 1, valuesCount: 2 },
    inputs: [float([2, 3]), float([2, 3], 2)],
    outputs: out([2, 2, 3]),
  },
  UNPACK: {
    opcode: 'UNPACK',
    options: { axis: 1, num: 2 },
    inputs: [float([3, 2])],
    outputs: [{ shape: [3] }, { shape: [3] }],
  },
  SPLIT: {
    opcode: 'SPLIT',
    options: { numSplits: 2 },
    inputs: [ints([1], []), float([2, 6])],
    outputs: [{ shape: [2, 3] }, { shape: [2, 3] }],
  },
  SPLIT_V: {
    opcode: 'SPLIT_V',
    options: { numSplits: 2 },
    inputs: [float([5, 2]), ints([2, -1]), ints([0], [])],
    outputs: [{ shape: [2, 2] }, { shape: [3, 2] }],
  },
  TILE: { opcode: 'TILE', inputs: [float([2, 3]), ints([2, 2])], outputs: out([4, 6]) },
  BROADCAST_TO: {
    opcode: 'BROADCAST_TO',
    version: 2,
    inputs: [float([3, 1]), ints([2, 3, 4])],
    outputs: out([2, 3, 4]),
  },
  PAD: { opcode: 'PAD', inputs: [float([2, 3]), ints([1, 0, 2, 1], [2, 2])], outputs: out([3, 6]) },
  PADV2: {
    opcode: 'PADV2',
    inputs: [float([2, 3]), ints([1, 0, 2, 1], [2, 2]), { shape: [1], constant: [7] }],
    outputs: out([3, 6]),
  },
  REVERSE_V2: { opcode: 'REVERSE_V2', inputs: [float([3, 4]), ints([1])], outputs: out([3, 4]) },
  'REVERSE_SEQUENCE far from the front': {
    opcode: 'REVERSE_SEQUENCE',
    options: { seqDim: 2, batchDim: 1 },
    inputs: [float([2, 3, 4]), ints([2, 4, 1])],
    outputs: out([2, 3, 4]),
  },
  ARG_MIN: {
    opcode: 'ARG_MIN',
    options: { outputType: 'INT32' },
    inputs: [float([3, 5]), ints([0], [])],
    outputs: [whole([5])],
  },
  TOPK_V2: {
    opcode: 'TOPK_V2',
    inputs: [float([2, 6]), ints([3], [])],
    outputs: [{ shape: [2, 3] }, whole([2, 3])],
  },
  'ONE_HOT with an index outside': {
    opcode: 'ONE_HOT',
    options: { axis: 0 },
    inputs: [
      counts([1, -1, 2, 9]),
      ints([3], []),
      { shape: [], constant: [5] },
      { shape: [], constant: [-5] },
    ],
    outputs: out([3, 4]),
  },
  FILL: { opcode: 'FILL', inputs: [ints([2, 3]), { shape: [], values: [4] }], outputs: out([2, 3]) },
  ZEROS_LIKE: { opcode: 'ZEROS_LIKE', inputs: [float([2, 3])], outputs: out([2, 3]) },
  MATRIX_DIAG: { opcode: 'MATRIX_DIAG', inputs: [float([2, 3])], outputs: out([2, 3, 3]) },
  'MATRIX_SET_DIAG of an oblong': {
    opcode: 'MATRIX_SET_DIAG',
    inputs: [float([2, 3, 4]), float([2, 3], 2)],
    outputs: out([2, 3, 4]),
  },
  BUCKETIZE: {
    opcode: 'BUCKETIZE',
    options: { boundaries: [0, 1, 5] },
    inputs: [{ shape: [5], values: [-1, 0, 0.5, 5, 9] }],
    outputs: [whole([5])],
  },
  DYNAMIC_UPDATE_SLICE: {
    opcode: 'DYNAMIC_UPDATE_SLICE',
    inputs: [float([4, 5]), float([2, 3], 2), counts([3, 1])],
    outputs: out([4, 5]),
  },
  EMBEDDING_LOOKUP: {
    opcode: 'EMBEDDING_LOOKUP',
    inputs: [counts([2, 0]), float([3, 4])],
    outputs: out([2, 4]),
  },
};
for (const opcode of ['SUM', 'MEAN', 'REDUCE_PROD', 'REDUCE_MAX', 'REDUCE_MIN'])
  for (const keepDims of [true, false])
    cases[`${opcode}, keepDims ${keepDims}`] = {
      opcode,
      options: { keepDims },
      inputs: [float([2, 3, 4]), ints([-1, 0])],
      outputs: out(keepDims ? [1, 3, 1] : [3]),
    };
for (const opcode of ['REDUCE_ANY', 'REDUCE_ALL'])
  cases[opcode] = {
    opcode,
    inputs: [{ type: 'bool', shape: [2, 3], values: [0, 0, 1, 1, 1, 1] }, ints([1])],
    outputs: [{ type: 'bool', shape: [2] }],
  };
for (const mode of ['REFLECT', 'SYMMETRIC'])
  cases[`MIRROR_PAD ${mode}`] = {
    opcode: 'MIRROR_PAD',
    options: { mode },
    inputs: [float([3, 4]), ints([1, 2, 2, 1], [2, 2])],
    outputs: out([6, 7]),
  };
for (const [kind, count] of [
  ['SUM', 3],
  ['PROD', 3],
  ['MAX', 3],
  ['MIN', 3],
] as const)
  cases[`UNSORTED_SEGMENT_${kind}`] = {
    opcode: `UNSORTED_SEGMENT_${kind}`,
    inputs: [float([4, 2]), ints([2, 0, 2, 1]), ints([count], [])],
    outputs: out([3, 2]),
  };
for (const opcode of ['TRANSPOSE', 'RESHAPE', 'SLICE', 'PAD', 'CONCATENATION', 'GATHER', 'STRIDED_SLICE']) {
  const plain = cases[opcode] ?? (cases['STRIDED_SLICE with masks and a negative stride'] as Case);
  const quantization = { scale: [0.05], zeroPoint: [3] };
  cases[`${opcode} of int8`] = {
    ...plain,
    version: opcode === 'RESHAPE' ? 1 : 2,
    inputs: plain.inputs.map((value, index) =>
      value?.values ? quantized('int8', value.shape, 0.05, 3, index + 1) : value,
    ),
    outputs: plain.outputs.map(({ shape }) => ({ type: 'int8' as const, shape, quantization })),
  };
}

describe('TFLite operators on shapes', () => {
  it.each(Object.keys(cases))('%s', async (name) => {
    await expectLikeLitert(cases[name] as Case, 1e-5);
  });
});

/** What no interpreter here runs, or gives in a shape known only afterwards. */
const formulas: Readonly<Record<string, readonly [Case, ...(readonly number[])[]]>> = {
  'STRIDED_SLICE with an ellipsis and a new axis': [
    {
      opcode: 'STRIDED_SLICE',
      options: { ellipsisMask: 1, newAxisMask: 2 },
      inputs: [
        { shape: [2, 2, 3], values: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] },
        ints([0, 0, 1]),
        ints([0, 0, 3]),
        ints([1, 1, 1]),
      ],
      outputs: out([2, 2, 1, 2]),
    },
    [1, 2, 4, 5, 7, 8, 10, 11],
  ],
  'STRIDED_SLICE from computed places': [
    {
      opcode: 'STRIDED_SLICE',
      options: { shrinkAxisMask: 1 },
      inputs: [{ shape: [2, 3], values: [0, 1, 2, 3, 4, 5] }, counts([-1, 0]), counts([0, 2]), ints([1, 1])],
      outputs: out([2]),
    },
    [3, 4],
  ],
  RANGE: [
    { opcode: 'RANGE', inputs: [counts([1], []), counts([9], []), counts([3], [])], outputs: [whole([3])] },
    [1, 4, 7],
  ],
  // LiteRT does not give what is known before a run, or has a shape known only after it.
  SHAPE: [
    { opcode: 'SHAPE', options: { outType: 'INT32' }, inputs: [float([2, 3])], outputs: [whole([2])] },
    [2, 3],
  ],
  SEGMENT_SUM: [
    {
      opcode: 'SEGMENT_SUM',
      inputs: [{ shape: [4], values: [1, 2, 4, 8] }, ints([0, 0, 1, 2])],
      outputs: out([3]),
    },
    [3, 4, 8],
  ],
  RANK: [{ opcode: 'RANK', inputs: [float([2, 3, 1])], outputs: [whole([])] }, [3]],
  WHERE: [
    {
      opcode: 'WHERE',
      inputs: [{ type: 'bool', shape: [2, 2], values: [0, 1, 1, 0] }],
      outputs: [{ type: 'int64', shape: [2, 2] }],
    },
    [0, 1, 1, 0],
  ],
  UNIQUE: [
    {
      opcode: 'UNIQUE',
      options: { idxOutType: 'INT32' },
      inputs: [counts([3, 1, 3, 2])],
      outputs: [whole([3]), whole([4])],
    },
    [3, 1, 2],
    [0, 1, 0, 2],
  ],
  BROADCAST_ARGS: [
    { opcode: 'BROADCAST_ARGS', inputs: [counts([3, 1]), counts([2, 1, 4])], outputs: [whole([3])] },
    [2, 3, 4],
  ],
  SPARSE_TO_DENSE: [
    {
      opcode: 'SPARSE_TO_DENSE',
      inputs: [
        counts([0, 1, 1, 2], [2, 2]),
        ints([2, 3]),
        { shape: [2], values: [5, 6] },
        { shape: [], constant: [-1] },
      ],
      outputs: out([2, 3]),
    },
    [-1, 5, -1, -1, -1, 6],
  ],
  'UNSORTED_SEGMENT_SUM without the negative ids': [
    {
      opcode: 'UNSORTED_SEGMENT_SUM',
      inputs: [{ shape: [3], values: [1, 2, 4] }, counts([1, -1, 1]), ints([2], [])],
      outputs: out([2]),
    },
    [0, 5],
  ],
  // [batch, 2, 3] · [3, 2, batch] over the axes of length 3
  STABLEHLO_DOT_GENERAL: [
    {
      opcode: 'STABLEHLO_DOT_GENERAL',
      options: {
        lhsBatchingDimensions: [0],
        rhsBatchingDimensions: [2],
        lhsContractingDimensions: [2],
        rhsContractingDimensions: [0],
      },
      inputs: [
        { shape: [1, 2, 3], values: [1, 2, 3, 4, 5, 6] },
        { shape: [3, 2, 1], values: [1, 0, 0, 1, 1, 1] },
      ],
      outputs: out([1, 2, 2]),
    },
    [4, 5, 10, 11],
  ],
  STABLEHLO_PAD: [
    {
      opcode: 'STABLEHLO_PAD',
      options: { edgePaddingLow: [1], edgePaddingHigh: [2], interiorPadding: [0] },
      inputs: [
        { shape: [2], values: [1, 2] },
        { shape: [], values: [9] },
      ],
      outputs: out([5]),
    },
    [9, 1, 2, 9, 9],
  ],
  STABLEHLO_COMPARE: [
    {
      opcode: 'STABLEHLO_COMPARE',
      options: { comparisonDirection: 'STABLEHLO_COMPARISON_DIRECTION_GE' },
      inputs: [
        { shape: [3], values: [1, 2, 3] },
        { shape: [3], values: [2, 2, 2] },
      ],
      outputs: [{ type: 'bool', shape: [3] }],
    },
    [0, 1, 1],
  ],
  STABLEHLO_CLAMP: [
    {
      opcode: 'STABLEHLO_CLAMP',
      inputs: [
        { shape: [], values: [0] },
        { shape: [3], values: [-1, 0.5, 3] },
        { shape: [], values: [1] },
      ],
      outputs: out([3]),
    },
    [0, 0.5, 1],
  ],
  NON_MAX_SUPPRESSION_V4: [
    {
      opcode: 'NON_MAX_SUPPRESSION_V4',
      inputs: [
        { shape: [3, 4], values: [0, 0, 1, 1, 0, 0.1, 1, 1.1, 0, 2, 1, 3] },
        { shape: [3], values: [0.5, 0.9, 0.3] },
        ints([4], []),
        { shape: [], constant: [0.5] },
        { shape: [], constant: [0.1] },
      ],
      outputs: [whole([4]), whole([])],
    },
    [1, 2, 0, 0],
    [2],
  ],
};

describe('TFLite operators beside what they should give', () => {
  it.each(Object.keys(formulas))('%s', async (name) => {
    const [one, ...expected] = formulas[name] as (typeof formulas)[string];
    const { plain, optimized } = await runRead(one);
    for (const results of [plain, optimized]) {
      expect(results.map(({ dtype }) => dtype)).toEqual(one.outputs.map(({ type = 'float32' }) => type));
      for (const [index, numbers] of expected.entries()) expectNumbers(list(results[index]), numbers, 1e-6);
    }
  });
});
