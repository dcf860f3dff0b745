// A concrete array of numbers or strings, row-major.

import { byteLength, type DType, dtypes } from './dtype.ts';

export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

export type TensorData = TypedArray | readonly string[];

export type Tensor = {
  readonly dtype: DType;
  readonly dims: readonly number[];
  /** `elementCount(dims)` elements, except packed 4- and 2-bit types and complex pairs (see dtype.ts). */
  readonly data: TensorData;
};

/** Number of elements of an array with these dims; 1 for a scalar. */
export function elementCount(dims: readonly number[]): number {
  let count = 1;
  for (const dim of dims) count *= dim;
  return count;
}

/** Bytes the tensor takes when packed; for strings, the bytes of their UTF-8 text. */
export function tensorBytes(tensor: Tensor): number {
  if (tensor.dtype !== 'string') return byteLength(tensor.dtype, elementCount(tensor.dims));
  let bytes = 0;
  for (const text of tensor.data as readonly string[]) bytes += Buffer.byteLength(text);
  return bytes;
}

/** The tensor's memory as bytes, without a copy. Not for strings. */
export function tensorView(tensor: Tensor): Uint8Array {
  const data = tensor.data as TypedArray;
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** A tensor over packed little-endian bytes; copies only when the bytes are not aligned for the element type. */
export function tensorFromBytes(dtype: DType, dims: readonly number[], bytes: Uint8Array): Tensor {
  const array = dtypes[dtype].array;
  if (array === 'strings') throw new TypeError('string tensors have no packed bytes');
  // Not `slice`: on a Buffer that is a view.
  const aligned = bytes.byteOffset % array.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
  const data = new array(
    aligned.buffer as ArrayBuffer,
    aligned.byteOffset,
    Math.floor(aligned.byteLength / array.BYTES_PER_ELEMENT),
  );
  return { dtype, dims, data };
}

export function float32(dims: readonly number[], data: ArrayLike<number>): Tensor {
  return { dtype: 'float32', dims, data: data instanceof Float32Array ? data : Float32Array.from(data) };
}

/** A one-dimensional int64 tensor, the type ONNX uses for shapes and axes. Beyond its range means "as far as possible". */
export function int64(values: readonly number[]): Tensor {
  return { dtype: 'int64', dims: [values.length], data: BigInt64Array.from(values, clampedInt64) };
}

function clampedInt64(value: number): bigint {
  if (value >= 2 ** 63) return 2n ** 63n - 1n;
  return value < -(2 ** 63) ? -(2n ** 63n) : BigInt(value);
}

/** A float32 scalar. */
export function scalar(value: number): Tensor {
  return float32([], [value]);
}
