// Numbers of the ONNX enumeration TensorProto.DataType, for Cast. https://onnx.ai/onnx/api/classes.html#tensorproto

import type { DType } from '../../../graph/dtype.ts';

const castTo: Partial<Readonly<Record<DType, number>>> = {
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
  bfloat16: 16,
};

export function castNumber(dtype: DType): number | undefined {
  return castTo[dtype];
}
