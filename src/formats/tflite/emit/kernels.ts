// Which element types the kernels of each builtin operator take, as far as ONNX graphs can ask for something else.
// Facts from the registrations and checks of https://github.com/tensorflow/tensorflow/tree/master/tensorflow/lite/kernels

import type { TensorTypeName } from '../records.ts';
import { Refusal } from '../rewrite/definition.ts';
import type { Emission } from './emission.ts';

const float: readonly TensorTypeName[] = ['float32'];
const quantized: readonly TensorTypeName[] = ['int8', 'uint8', 'int16'];
const ints: readonly TensorTypeName[] = ['int32', 'int64'];

/** Types of the first data input. Not listed: anything. */
const kernels: Readonly<Record<string, readonly TensorTypeName[]>> = {
  ABS: ['float32', 'int32', 'int8', 'int16'],
  ADD: [...float, ...ints, ...quantized],
  ARG_MAX: ['float32', 'int32', 'int8', 'uint8', 'bool'],
  ARG_MIN: ['float32', 'int32', 'int8', 'uint8', 'bool'],
  ATAN2: ['float32', 'float64'],
  AVERAGE_POOL_2D: [...float, ...quantized],
  BATCH_MATMUL: [...float, 'int8', 'int16', 'int32'],
  BITWISE_XOR: ['int8', 'int16', 'int32', 'uint8', 'uint16', 'uint32'],
  CEIL: float,
  CONV_2D: [...float, ...quantized],
  CONV_3D: float,
  COS: float,
  CUMSUM: [...float, ...ints],
  DEPTHWISE_CONV_2D: [...float, ...quantized],
  DIV: [...float, 'int32', 'uint8'],
  ELU: [...float, 'int8'],
  EQUAL: ['bool', 'float32', 'int16', 'int32', 'int64', 'uint8', 'int8', 'string'],
  EXP: [...float, 'int8', 'int16'],
  FLOOR: float,
  FLOOR_DIV: [...float, 'int32', 'int16', 'int8'],
  FLOOR_MOD: [...float, ...ints, 'int8', 'int16'],
  FULLY_CONNECTED: [...float, ...quantized],
  GELU: [...float, 'int8', 'uint8'],
  GREATER: [...float, ...ints, 'uint8', 'int8'],
  GREATER_EQUAL: [...float, ...ints, 'uint8', 'int8', 'int16'],
  HARD_SWISH: [...float, 'uint8', 'int8'],
  LEAKY_RELU: [...float, ...quantized],
  LESS: [...float, ...ints, 'uint8', 'int8', 'int16'],
  LESS_EQUAL: [...float, ...ints, 'uint8', 'int8'],
  LOG: [...float, 'int8', 'int16'],
  L2_NORMALIZATION: [...float, 'uint8', 'int8'],
  LOGISTIC: [...float, ...quantized],
  LOG_SOFTMAX: [...float, 'uint8', 'int8'],
  MAXIMUM: [...float, ...ints, 'uint8', 'int8', 'int16'],
  MAX_POOL_2D: [...float, ...quantized],
  MEAN: [...float, ...ints, ...quantized],
  MINIMUM: [...float, ...ints, 'uint8', 'int8', 'int16'],
  MUL: [...float, ...ints, ...quantized, 'uint32'],
  NEG: [...float, ...ints],
  NOT_EQUAL: ['bool', 'float32', 'int16', 'int32', 'int64', 'uint8', 'int8', 'string'],
  ONE_HOT: ints,
  POW: ['float32', 'int32'],
  PRELU: [...float, 'uint8', 'int8'],
  RANGE: [...float, ...ints],
  REDUCE_MAX: [...float, ...ints, ...quantized],
  REDUCE_MIN: [...float, ...ints, ...quantized],
  REDUCE_PROD: [...float, ...ints, 'int8', 'int16'],
  RELU: [...float, ...quantized],
  RELU_0_TO_1: [...float, 'uint8', 'int8'],
  RELU_N1_TO_1: [...float, 'uint8', 'int8'],
  RELU6: [...float, ...quantized],
  ROUND: float,
  RSQRT: [...float, 'int8', 'int16'],
  SIGN: ['float32', 'float64', 'int32'],
  SIN: float,
  SOFTMAX: [...float, ...quantized],
  SQRT: [...float, 'int8', 'int16'],
  SQUARE: float,
  SQUARED_DIFFERENCE: ['float32', 'int32', 'int8'],
  SUB: [...float, ...ints, ...quantized],
  SUM: [...float, ...ints, ...quantized],
  TANH: [...float, ...quantized],
  TOPK_V2: [...float, ...ints, 'uint8', 'int8', 'int16'],
  TRANSPOSE_CONV: [...float, ...quantized],
};

/** Operators whose kernels read 8- and 16-bit integers only with a scale. */
const needsScale = new Set([
  'EQUAL',
  'NOT_EQUAL',
  'GREATER',
  'GREATER_EQUAL',
  'LESS',
  'LESS_EQUAL',
  'MAXIMUM',
  'MINIMUM',
  'ABS',
  'ADD',
  'AVERAGE_POOL_2D',
  'DIV',
  'EXP',
  'LOG',
  'LOGISTIC',
  'LEAKY_RELU',
  'MEAN',
  'MUL',
  'RELU',
  'SOFTMAX',
  'SQUARED_DIFFERENCE',
  'SQRT',
  'SUB',
  'SUM',
  'TANH',
  'PRELU',
  'CONV_2D',
  'FULLY_CONNECTED',
  'BATCH_MATMUL',
  'REDUCE_PROD',
]);

export function checkTypes(
  opcode: string,
  inputs: readonly number[],
  _outputs: readonly number[],
  emission: Emission,
): void {
  const allowed = kernels[opcode];
  if (allowed === undefined || inputs[0] === undefined) return;
  const first = emission.tensor(opcode === 'TRANSPOSE_CONV' ? (inputs[2] ?? 0) : inputs[0]);
  const isSmall = quantized.includes(first.type);
  if (
    !allowed.includes(first.type) ||
    (isSmall && needsScale.has(opcode) && first.quantization === undefined)
  ) {
    throw new Refusal(`TFLite's ${opcode} does not take ${first.type}`);
  }
}

/** Whether a kernel takes plain (not quantized) values of this type. */
export function takes(opcode: string, type: TensorTypeName): boolean {
  const allowed = kernels[opcode];
  return (
    allowed === undefined || (allowed.includes(type) && !(quantized.includes(type) && needsScale.has(opcode)))
  );
}

/** Whether a kernel takes values of this type, plain or quantized. */
export function hasKernel(opcode: string, type: TensorTypeName): boolean {
  return kernels[opcode]?.includes(type) ?? true;
}
