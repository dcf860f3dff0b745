// Tensors as rows along their first axis.

import { elementCount, type Tensor, type TensorData, type TypedArray } from '../../graph/tensor.ts';

/** Rows `from … from + count - 1`, without a copy. */
export function sliceRows({ dtype, dims, data }: Tensor, from: number, count: number): Tensor {
  const per = elementCount(dims.slice(1)) * (dtype.startsWith('complex') ? 2 : 1);
  const part = (data as TypedArray).subarray(from * per, (from + count) * per);
  return { dtype, dims: [count, ...dims.slice(1)], data: part as TensorData };
}

/** All rows of all parts, one after the other. */
export function joinRows(parts: readonly Tensor[]): Tensor {
  const [first] = parts as readonly [Tensor, ...Tensor[]];
  if (parts.length === 1) return first;
  const length = parts.reduce((sum, { data }) => sum + data.length, 0);
  const make = first.data.constructor as new (length: number) => Float32Array;
  const data = new make(length);
  let at = 0;
  for (const part of parts) {
    data.set(part.data as Float32Array, at);
    at += part.data.length;
  }
  const rows = parts.reduce((sum, { dims }) => sum + (dims[0] ?? 0), 0);
  return { dtype: first.dtype, dims: [rows, ...first.dims.slice(1)], data };
}

/** Whether some row differs from the first. */
export function hasDifferentRows(tensor: Tensor): boolean {
  const data = tensor.data as TypedArray;
  const per = data.length / (tensor.dims[0] ?? 1);
  for (let index = per; index < data.length; index++) if (data[index] !== data[index % per]) return true;
  return false;
}

/** Equal but for what another order of summing does. */
export function areClose(a: Tensor, b: Tensor): boolean {
  const [left, right] = [a.data as TypedArray, b.data as TypedArray];
  if (left.length !== right.length) return false;
  const isFloat = left instanceof Float32Array || left instanceof Float64Array;
  let largest = 1;
  if (isFloat)
    for (const value of left) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  const most = isFloat ? 1e-4 * largest : left.BYTES_PER_ELEMENT === 1 ? 1 : 0;
  for (let index = 0; index < left.length; index++) {
    const [x, y] = [Number(left[index]), Number(right[index])];
    if (x !== y && !(Math.abs(x - y) <= most) && !(Number.isNaN(x) && Number.isNaN(y))) return false;
  }
  return true;
}
