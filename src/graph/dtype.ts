// Element types, named as ONNX names them in lower case with the width spelled out.
// https://onnx.ai/onnx/intro/concepts.html#element-type

export type DType = keyof typeof dtypes;

/** Storage of one element: how many bits it takes in a packed buffer and which array holds it in memory. */
type Storage = { readonly bits: number; readonly array: TypedArrayConstructor | 'strings' };

type TypedArrayConstructor =
  | Float32ArrayConstructor
  | Float64ArrayConstructor
  | Int8ArrayConstructor
  | Int16ArrayConstructor
  | Int32ArrayConstructor
  | BigInt64ArrayConstructor
  | Uint8ArrayConstructor
  | Uint16ArrayConstructor
  | Uint32ArrayConstructor
  | BigUint64ArrayConstructor;

// float16, bfloat16 and the 8-bit floats are kept as raw bits; 4-bit integers are packed two per byte,
// low half first; complex numbers as pairs. bool is one byte, 0 or 1.
export const dtypes = {
  float32: { bits: 32, array: Float32Array },
  float64: { bits: 64, array: Float64Array },
  float16: { bits: 16, array: Uint16Array },
  bfloat16: { bits: 16, array: Uint16Array },
  int8: { bits: 8, array: Int8Array },
  int16: { bits: 16, array: Int16Array },
  int32: { bits: 32, array: Int32Array },
  int64: { bits: 64, array: BigInt64Array },
  uint8: { bits: 8, array: Uint8Array },
  uint16: { bits: 16, array: Uint16Array },
  uint32: { bits: 32, array: Uint32Array },
  uint64: { bits: 64, array: BigUint64Array },
  bool: { bits: 8, array: Uint8Array },
  string: { bits: 0, array: 'strings' },
  int4: { bits: 4, array: Uint8Array },
  uint4: { bits: 4, array: Uint8Array },
  float8e4m3fn: { bits: 8, array: Uint8Array },
  float8e4m3fnuz: { bits: 8, array: Uint8Array },
  float8e5m2: { bits: 8, array: Uint8Array },
  float8e5m2fnuz: { bits: 8, array: Uint8Array },
  float8e8m0: { bits: 8, array: Uint8Array },
  float4e2m1: { bits: 4, array: Uint8Array },
  int2: { bits: 2, array: Uint8Array },
  uint2: { bits: 2, array: Uint8Array },
  complex64: { bits: 64, array: Float32Array },
  complex128: { bits: 128, array: Float64Array },
} as const satisfies Record<string, Storage>;

/** Bytes that `count` elements of `dtype` take when packed; 0 for strings. */
export function byteLength(dtype: DType, count: number): number {
  return Math.ceil((dtypes[dtype].bits * count) / 8);
}

export function isFloat(dtype: DType): boolean {
  return dtype.startsWith('float') || dtype === 'bfloat16';
}

export function isInteger(dtype: DType): boolean {
  return dtype.startsWith('int') || dtype.startsWith('uint');
}
