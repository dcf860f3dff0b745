// Tensor elements as plain numbers and back, whatever the dtype stores them as.

import { type DType, dtypes } from '../../graph/dtype.ts';
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from '../../graph/half-precision.ts';
import type { Tensor, TensorData, TypedArray } from '../../graph/tensor.ts';

/** Copies `count` elements from `start` into `out` at `at`, each as a float64. The tensor is not of strings. */
export function copyNumbers(from: Tensor, start: number, count: number, out: Float64Array, at: number): void {
  const data = from.data as TypedArray;
  if (from.dtype === 'float16' || from.dtype === 'bfloat16') {
    const decode = from.dtype === 'float16' ? fromFloat16 : fromBfloat16;
    for (let i = 0; i < count; i++) out[at + i] = decode(data[start + i] as number);
  } else if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let i = 0; i < count; i++) out[at + i] = Number(data[start + i]);
  } else {
    out.set(data.subarray(start, start + count), at);
  }
}

/** All elements as float64. */
export function toNumbers(from: Tensor): Float64Array {
  const out = new Float64Array(from.data.length);
  copyNumbers(from, 0, out.length, out, 0);
  return out;
}

/** Whether elements of this type are numbers a row of data can be turned into. */
export function isFeedable(dtype: DType): boolean {
  const { bits, array } = dtypes[dtype];
  return array !== 'strings' && bits >= 8 && !dtype.startsWith('complex') && !dtype.startsWith('float8');
}

/** An empty array for `count` elements of a feedable dtype, and how a number is stored in it. */
export function storage(
  dtype: DType,
  count: number,
): { data: TypedArray; encode: ((value: number) => number | bigint) | undefined } {
  const { array } = dtypes[dtype];
  if (array === 'strings') throw new TypeError('strings are not numbers');
  const data = new array(count);
  if (dtype === 'float16') return { data, encode: toFloat16 };
  if (dtype === 'bfloat16') return { data, encode: toBfloat16 };
  if (dtype === 'bool') return { data, encode: (value) => (value === 0 ? 0 : 1) };
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return { data, encode: (value) => (Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n) };
  }
  return { data, encode: undefined };
}

/** The first `count` elements, without a copy. */
export function head(data: TensorData, count: number): TensorData {
  if (data.length === count) return data;
  return ArrayBuffer.isView(data) ? (data as TypedArray).subarray(0, count) : data.slice(0, count);
}
