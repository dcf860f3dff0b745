// Written by fixtures/ops/make-history.ts from the operator list of the ONNX project; do not edit.
// What operators took on between opset 9 and 21: element types, attributes and inputs, each with the opset that brought it.

export type OpHistory = {
  /** Element types by inputs (i) and outputs (o), `+` for that one and those after it: opset → types. */
  readonly types?: Readonly<Record<string, Readonly<Record<number, string>>>>;
  readonly attributes?: Readonly<Record<string, number>>;
  /** By position. */
  readonly inputs?: Readonly<Record<number, number>>;
};

export const history: Readonly<Record<string, OpHistory>> = {
  Abs: { types: { 'i0 o0': { '13': 'bfloat16' } } },
  Add: { types: { 'i0 i1 o0': { '13': 'bfloat16', '14': 'int16 int8 uint16 uint8' } } },
  ArgMax: { types: { i0: { '13': 'bfloat16' } }, attributes: { select_last_index: 12 } },
  ArgMin: { types: { i0: { '13': 'bfloat16' } }, attributes: { select_last_index: 12 } },
  AveragePool: { attributes: { ceil_mode: 10, dilations: 19 } },
  BatchNormalization: {
    types: { 'i0 i1 i2 i3 i4 o0 o1 o2': { '14': 'bfloat16' } },
    attributes: { training_mode: 14 },
  },
  Cast: {
    types: {
      'i0 o0': {
        '13': 'bfloat16',
        '19': 'float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz',
        '21': 'int4 uint4',
      },
    },
    attributes: { saturate: 19 },
  },
  CastLike: {
    types: {
      'i0 i1 o0': { '19': 'float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz', '21': 'int4 uint4' },
    },
    attributes: { saturate: 19 },
  },
  Ceil: { types: { 'i0 o0': { '13': 'bfloat16' } } },
  Clip: {
    types: {
      'i0 o0': { '12': 'int16 int32 int64 int8 uint16 uint32 uint64 uint8', '13': 'bfloat16' },
      'i1 i2': {
        '11': 'float16 float32 float64',
        '12': 'int16 int32 int64 int8 uint16 uint32 uint64 uint8',
        '13': 'bfloat16',
      },
    },
    inputs: { '1': 11, '2': 11 },
  },
  Concat: { types: { 'i0+ o0': { '13': 'bfloat16' } } },
  Constant: {
    types: {
      o0: {
        '13': 'bfloat16',
        '19': 'float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz',
        '21': 'int4 uint4',
      },
    },
    attributes: {
      sparse_value: 11,
      value_float: 12,
      value_floats: 12,
      value_int: 12,
      value_ints: 12,
      value_string: 12,
      value_strings: 12,
    },
  },
  ConstantOfShape: {
    types: {
      o0: { '20': 'bfloat16 float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz', '21': 'int4 uint4' },
    },
  },
  CumSum: { types: { 'i0 o0': { '14': 'bfloat16 float16' } } },
  DFT: { types: { i2: { '20': 'int64' } }, inputs: { '2': 20 } },
  DepthToSpace: { types: { 'i0 o0': { '13': 'bfloat16' } }, attributes: { mode: 11 } },
  DequantizeLinear: {
    types: {
      'i0 i2': {
        '19': 'float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz',
        '21': 'int16 int4 uint16 uint4',
      },
      'i1 o0': { '19': 'bfloat16 float16' },
    },
    attributes: { axis: 13, block_size: 21 },
  },
  Div: { types: { 'i0 i1 o0': { '13': 'bfloat16', '14': 'int16 int8 uint16 uint8' } } },
  Dropout: {
    types: {
      'i0 o0': { '13': 'bfloat16' },
      i1: { '12': 'float16 float32 float64' },
      i2: { '12': 'bool' },
      o1: { '10': 'bool' },
    },
    attributes: { seed: 12 },
    inputs: { '1': 12, '2': 12 },
  },
  Equal: {
    types: {
      'i0 i1': {
        '11': 'float16 float32 float64 int16 int8 uint16 uint32 uint64 uint8',
        '13': 'bfloat16',
        '19': 'string',
      },
    },
  },
  Erf: { types: { 'i0 o0': { '13': 'bfloat16' } } },
  Exp: { types: { 'i0 o0': { '13': 'bfloat16' } } },
  Expand: { types: { 'i0 o0': { '13': 'bfloat16' } } },
  Flatten: {
    types: {
      'i0 o0': { '13': 'bfloat16', '21': 'float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz int4 uint4' },
    },
  },
  Floor: { types: { 'i0 o0': { '13': 'bfloat16' } } },
  GRU: { attributes: { layout: 14 } },
  Gather: { types: { 'i0 o0': { '13': 'bfloat16' } } },
  GatherElements: { types: { 'i0 o0': { '13': 'bfloat16' } } },
  GatherND: { types: { 'i0 o0': { '13': 'bfloat16' } }, attributes: { batch_dims: 12 } },
  Gemm: { types: { 'i0 i1 i2 o0': { '13': 'bfloat16' } } },
  Greater: { types: { 'i0 i1': { '13': 'bfloat16' } } },
  GreaterOrEqual: { types: { 'i0 i1': { '16': 'bfloat16' } } },
  Hardmax: { types: { 'i0 o0': { '13': 'bfloat16' } } },
  Identity: {
    types: {
      'i0 o0': {
        '13': 'bfloat16',
        '14': 'sequence',
        '16': 'optional',
        '19': 'float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz',
        '21': 'int4 uint4',
      },
    },
  },
  If: {
    types: {
      'o0+': {
        '13': 'sequence',
        '16': 'bfloat16 optional',
        '19': 'float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz',
        '21': 'int4 uint4',
      },
    },
  },
  IsInf: {
    types: { i0: { '20': 'bfloat16 float16 float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz' } },
  },
  IsNaN: {
    types: { i0: { '13': 'bfloat16', '20': 'float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz' } },
  },
  LRN: { types: { 'i0 o0': { '13': 'bfloat16' } } },
  LSTM: { attributes: { layout: 14 } },
  LeakyRelu: { types: { 'i0 o0': { '16': 'bfloat16' } } },
  Less: { types: { 'i0 i1': { '13': 'bfloat16' } } },
  LessOrEqual: { types: { 'i0 i1': { '16': 'bfloat16' } } },
  Log: { types: { 'i0 o0': { '13': 'bfloat16' } } },
  LogSoftmax: { types: { 'i0 o0': { '13': 'bfloat16' } } },
  Loop: {
    types: {
      'i2+ o0+': {
        '13': 'sequence',
        '16': 'bfloat16 optional',
        '19': 'float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz',
        '21': 'int4 uint4',
      },
    },
  },
  LpPool: { attributes: { ceil_mode: 18, dilations: 18 } },
  MatMul: { types: { 'i0 i1 o0': { '13': 'bfloat16' } } },
  Max: {
    types: { 'i0+ o0': { '12': 'int16 int32 int64 int8 uint16 uint32 uint64 uint8', '13': 'bfloat16' } },
  },
  MaxPool: { types: { 'i0 o0': { '12': 'int8 uint8' } }, attributes: { ceil_mode: 10, dilations: 10 } },
  Mean: { types: { 'i0+ o0': { '13': 'bfloat16' } } },
  MeanVarianceNormalization: { types: { 'i0 o0': { '13': 'bfloat16' } } },
  Min: {
    types: { 'i0+ o0': { '12': 'int16 int32 int64 int8 uint16 uint32 uint64 uint8', '13': 'bfloat16' } },
  },
  Mod: { types: { 'i0 i1 o0': { '13': 'bfloat16' } } },
  Mul: { types: { 'i0 i1 o0': { '13': 'bfloat16', '14': 'int16 int8 uint16 uint8' } } },
  Neg: { types: { 'i0 o0': { '13': 'bfloat16' } } },
  NonZero: { types: { i0: { '13': 'bfloat16' } } },
  OptionalGetElement: {
    types: {
      i0: {
        '18': 'bool complex128 complex64 float16 float32 float64 int16 int32 int64 int8 sequence string uint16 uint32 uint64 uint8',
      },
    },
  },
  OptionalHasElement: {
    types: {
      i0: {
        '18': 'bool complex128 complex64 float16 float32 float64 int16 int32 int64 int8 sequence string uint16 uint32 uint64 uint8',
      },
    },
  },
  PRelu: { types: { 'i0 i1 o0': { '16': 'bfloat16' } } },
  Pad: {
    types: {
      'i0 o0': {
        '11': 'int16 int32 int64 int8 uint16 uint32 uint64 uint8',
        '13': 'bfloat16 bool complex128 complex64 string',
        '21': 'float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz int4 uint4',
      },
      i1: { '11': 'int64' },
      i2: {
        '11': 'float16 float32 float64 int16 int32 int64 int8 uint16 uint32 uint64 uint8',
        '13': 'bfloat16 bool complex128 complex64 string',
        '21': 'float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz int4 uint4',
      },
      i3: { '18': 'int32 int64' },
    },
    inputs: { '1': 11, '2': 11, '3': 18 },
  },
  Pow: {
    types: {
      'i0 o0': { '12': 'int32 int64', '13': 'bfloat16' },
      i1: { '12': 'int16 int32 int64 int8 uint16 uint32 uint64 uint8', '15': 'bfloat16' },
    },
  },
  QLinearMatMul: {
    types: {
      'i0 i2 i3 i5 i7 o0': { '21': 'float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz' },
      'i1 i4 i6': { '21': 'bfloat16 float16' },
    },
  },
  QuantizeLinear: {
    types: {
      i0: { '19': 'bfloat16 float16' },
      i1: { '19': 'bfloat16 float16 int32' },
      'i2 o0': {
        '19': 'float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz',
        '21': 'int16 int4 uint16 uint4',
      },
    },
    attributes: { axis: 13, block_size: 21, output_dtype: 21, saturate: 19 },
  },
  RNN: { attributes: { layout: 14 } },
  Reciprocal: { types: { 'i0 o0': { '13': 'bfloat16' } } },
  ReduceL1: {
    types: { 'i0 o0': { '13': 'bfloat16' }, i1: { '18': 'int64' } },
    attributes: { noop_with_empty_axes: 18 },
    inputs: { '1': 18 },
  },
  ReduceL2: {
    types: { 'i0 o0': { '13': 'bfloat16' }, i1: { '18': 'int64' } },
    attributes: { noop_with_empty_axes: 18 },
    inputs: { '1': 18 },
  },
  ReduceLogSum: {
    types: { 'i0 o0': { '13': 'bfloat16' }, i1: { '18': 'int64' } },
    attributes: { noop_with_empty_axes: 18 },
    inputs: { '1': 18 },
  },
  ReduceLogSumExp: {
    types: { 'i0 o0': { '13': 'bfloat16' }, i1: { '18': 'int64' } },
    attributes: { noop_with_empty_axes: 18 },
    inputs: { '1': 18 },
  },
  ReduceMax: {
    types: { 'i0 o0': { '12': 'int8 uint8', '13': 'bfloat16', '20': 'bool' }, i1: { '18': 'int64' } },
    attributes: { noop_with_empty_axes: 18 },
    inputs: { '1': 18 },
  },
  ReduceMean: {
    types: { 'i0 o0': { '13': 'bfloat16' }, i1: { '18': 'int64' } },
    attributes: { noop_with_empty_axes: 18 },
    inputs: { '1': 18 },
  },
  ReduceMin: {
    types: { 'i0 o0': { '12': 'int8 uint8', '13': 'bfloat16', '20': 'bool' }, i1: { '18': 'int64' } },
    attributes: { noop_with_empty_axes: 18 },
    inputs: { '1': 18 },
  },
  ReduceProd: {
    types: { 'i0 o0': { '13': 'bfloat16' }, i1: { '18': 'int64' } },
    attributes: { noop_with_empty_axes: 18 },
    inputs: { '1': 18 },
  },
  ReduceSum: {
    types: { 'i0 o0': { '13': 'bfloat16' }, i1: { '13': 'int64' } },
    attributes: { noop_with_empty_axes: 13 },
    inputs: { '1': 13 },
  },
  ReduceSumSquare: {
    types: { 'i0 o0': { '13': 'bfloat16' }, i1: { '18': 'int64' } },
    attributes: { noop_with_empty_axes: 18 },
    inputs: { '1': 18 },
  },
  Relu: { types: { 'i0 o0': { '13': 'bfloat16', '14': 'int16 int32 int64 int8' } } },
  Reshape: {
    types: {
      'i0 o0': {
        '13': 'bfloat16',
        '19': 'float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz',
        '21': 'int4 uint4',
      },
    },
    attributes: { allowzero: 14 },
  },
  Resize: {
    types: {
      'i0 o0': { '13': 'bfloat16' },
      i1: { '11': 'float16 float64' },
      i2: { '11': 'float32' },
      i3: { '11': 'int64' },
    },
    attributes: {
      antialias: 18,
      axes: 18,
      coordinate_transformation_mode: 11,
      cubic_coeff_a: 11,
      exclude_outside: 11,
      extrapolation_value: 11,
      keep_aspect_ratio_policy: 18,
      nearest_mode: 11,
    },
    inputs: { '2': 11, '3': 11 },
  },
  RoiAlign: { attributes: { coordinate_transformation_mode: 16 } },
  Scan: {
    types: {
      'i0+ o0+': {
        '16': 'bfloat16',
        '19': 'float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz',
        '21': 'int4 uint4',
      },
    },
  },
  ScatterElements: { types: { 'i0 i2 o0': { '13': 'bfloat16' } }, attributes: { reduction: 16 } },
  ScatterND: { types: { 'i0 i2 o0': { '13': 'bfloat16' } }, attributes: { reduction: 16 } },
  Shape: {
    types: {
      i0: {
        '13': 'bfloat16',
        '19': 'float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz',
        '21': 'int4 uint4',
      },
    },
    attributes: { end: 15, start: 15 },
  },
  Sigmoid: { types: { 'i0 o0': { '13': 'bfloat16' } } },
  Sign: { types: { 'i0 o0': { '13': 'bfloat16' } } },
  Size: {
    types: {
      i0: {
        '13': 'bfloat16',
        '19': 'float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz',
        '21': 'int4 uint4',
      },
    },
  },
  Slice: {
    types: { 'i0 o0': { '13': 'bfloat16' }, 'i1 i2 i3 i4': { '10': 'int32 int64' } },
    inputs: { '1': 10, '2': 10, '3': 10, '4': 10 },
  },
  Softmax: { types: { 'i0 o0': { '13': 'bfloat16' } } },
  SoftmaxCrossEntropyLoss: { types: { 'i0 i2 o0 o1': { '13': 'bfloat16' } } },
  SpaceToDepth: { types: { 'i0 o0': { '13': 'bfloat16' } } },
  Split: {
    types: { 'i0 o0+': { '13': 'bfloat16' }, i1: { '13': 'int64' } },
    attributes: { num_outputs: 18 },
    inputs: { '1': 13 },
  },
  Sqrt: { types: { 'i0 o0': { '13': 'bfloat16' } } },
  Squeeze: {
    types: {
      'i0 o0': { '13': 'bfloat16', '21': 'float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz int4 uint4' },
      i1: { '13': 'int64' },
    },
    inputs: { '1': 13 },
  },
  Sub: { types: { 'i0 i1 o0': { '13': 'bfloat16', '14': 'int16 int8 uint16 uint8' } } },
  Sum: { types: { 'i0+ o0': { '13': 'bfloat16' } } },
  Tanh: { types: { 'i0 o0': { '13': 'bfloat16' } } },
  Tile: { types: { 'i0 o0': { '13': 'bfloat16' } } },
  TopK: {
    types: { 'i0 o0': { '11': 'int16 int32 int64 int8 uint16 uint32 uint64 uint8' }, i1: { '10': 'int64' } },
    attributes: { largest: 11, sorted: 11 },
    inputs: { '1': 10 },
  },
  Transpose: {
    types: {
      'i0 o0': { '13': 'bfloat16', '21': 'float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz int4 uint4' },
    },
  },
  Unsqueeze: {
    types: {
      'i0 o0': { '13': 'bfloat16', '21': 'float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz int4 uint4' },
      i1: { '13': 'int64' },
    },
    inputs: { '1': 13 },
  },
  Where: { types: { 'i1 i2 o0': { '16': 'bfloat16' } } },
};
