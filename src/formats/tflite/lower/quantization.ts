// real = scale · (stored − zeroPoint): which tensors are quantized, and their parameters as constants of the graph.
// https://ai.google.dev/edge/litert/conversion/tensorflow/quantization/quantization_spec

import type { DType } from '../../../graph/dtype.ts';
import type { Tensor, TypedArray } from '../../../graph/tensor.ts';
import type { Quantization, TensorTypeName, TfliteTensor } from '../records.ts';

const quantizable: ReadonlySet<TensorTypeName> = new Set([
  'int2',
  'int4',
  'uint4',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'int64',
]);

const ranges: Readonly<Record<string, readonly [number, number]>> = {
  int2: [-2, 1],
  int4: [-8, 7],
  uint4: [0, 15],
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [-(2 ** 63), 2 ** 63],
};

/** The quantization a tensor really has; undefined when it holds plain numbers. */
export function quantizationOf(
  { type, quantization, shape = [], data }: TfliteTensor,
  fail: (problem: string) => never,
): Quantization | undefined {
  if (quantization === undefined || !quantizable.has(type)) return undefined;
  if (quantization.blockwise !== undefined) return quantization;
  const { scale } = quantization;
  // Biases are given the axis of their filters.
  const axis = shape.length === 1 ? 0 : quantization.axis;
  if (scale.length === 0 || scale.every((value) => value === 0)) return undefined;
  if (!scale.every(Number.isFinite)) fail('its scale is not a finite number');
  const zeroPoint = scale.map((_, index) => quantization.zeroPoint[index] ?? quantization.zeroPoint[0] ?? 0);
  const [low, high] = ranges[type] ?? [0, 0];
  if (!zeroPoint.every((value) => value >= low && value <= high)) fail(`its zero point does not fit ${type}`);
  if (scale.length > 1) {
    if (axis < 0 || axis >= shape.length) fail(`it is quantized along axis ${axis} and has ${shape.length}`);
    if (shape[axis] !== scale.length) fail(`it has ${scale.length} scales for ${shape[axis]} slices`);
  } else if (data === undefined && scale[0] === 0) return undefined;
  return { ...quantization, zeroPoint, axis };
}

export function isSame(a: Quantization | undefined, b: Quantization | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.scale.length !== 1 || b.scale.length !== 1) return false;
  return a.scale[0] === b.scale[0] && a.zeroPoint[0] === b.zeroPoint[0];
}

/** Scales or zero points: one number, or one per slice. */
export function parameter(dtype: DType, values: readonly number[]): Tensor {
  const arrays: Readonly<Record<string, new (length: number) => TypedArray>> = {
    float32: Float32Array,
    int8: Int8Array,
    uint8: Uint8Array,
    int16: Int16Array,
    uint16: Uint16Array,
    int32: Int32Array,
  };
  const array = new (arrays[dtype] ?? Float32Array)(values.length) as Float32Array;
  array.set(values);
  return { dtype, dims: values.length === 1 ? [] : [values.length], data: array };
}

/** A quantized constant as the numbers it stands for, for what ONNX's DequantizeLinear does not take. */
export function dequantized(tensor: Tensor, { scale, zeroPoint, axis }: Quantization): Tensor {
  const data = tensor.data as ArrayLike<number | bigint>;
  const inner = tensor.dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const result = new Float32Array(data.length);
  for (let index = 0; index < data.length; index++) {
    const slice = scale.length === 1 ? 0 : Math.floor(index / inner) % scale.length;
    result[index] = (scale[slice] ?? 1) * (Number(data[index]) - (zeroPoint[slice] ?? 0));
  }
  return { dtype: 'float32', dims: tensor.dims, data: result };
}

/** The same scales after the axes of their tensor were brought into another order. */
export function permuted(quantization: Quantization, perm: readonly number[]): Quantization {
  return { ...quantization, axis: Math.max(0, perm.indexOf(quantization.axis)) };
}
