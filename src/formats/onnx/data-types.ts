// ONNX element type numbers and the dtypes they mean.
// https://onnx.ai/onnx/api/classes.html#tensorproto, DataType

import type { DType } from '../../graph/dtype.ts';

const codes: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  complex64: 14,
  complex128: 15,
  bfloat16: 16,
  float8e4m3fn: 17,
  float8e4m3fnuz: 18,
  float8e5m2: 19,
  float8e5m2fnuz: 20,
  uint4: 21,
  int4: 22,
  float4e2m1: 23,
  float8e8m0: 24,
  uint2: 25,
  int2: 26,
};

const names = new Map<number, DType>(Object.entries(codes).map(([dtype, code]) => [code, dtype as DType]));

/** The number ONNX writes for a dtype; also what Cast's `to` holds. */
export function dataTypeCode(dtype: DType): number {
  return codes[dtype];
}

/** undefined for numbers the specification does not have. */
export function dataTypeName(code: number): DType | undefined {
  return names.get(code);
}
