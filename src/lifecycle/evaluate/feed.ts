// Rows of data as tensors for one input, batch by batch. The buffer is reused: a tensor is valid until the next call.

import type { DType } from '../../graph/dtype.ts';
import type { Tensor, TypedArray } from '../../graph/tensor.ts';
import { copyNumbers, head, storage } from './numbers.ts';
import type { Affine } from './scaling.ts';

/**
 * Rows `start … start + count - 1` as a tensor of `size` rows; the rows beyond `count` repeat the last one
 * (a model with a fixed batch takes nothing smaller).
 */
export type Feed = (start: number, count: number, size: number) => Tensor;

export type Slot = {
  readonly dtype: DType;
  /** Axes of one row. */
  readonly dims: readonly number[];
  readonly perRow: number;
  readonly scaling: Affine | undefined;
};

/** Columns side by side, in order. */
export function feedColumns(columns: readonly Float64Array[], slot: Slot): Feed {
  const { dtype, dims, perRow, scaling } = slot;
  let buffer = storage(dtype, 0);
  return (start, count, size) => {
    if (buffer.data.length < size * perRow) buffer = storage(dtype, size * perRow);
    const { data, encode } = buffer;
    for (const [index, values] of columns.entries()) {
      const factor = scaling ? (scaling.factors[index % scaling.factors.length] as number) : 1;
      const offset = scaling ? (scaling.offsets[index % scaling.offsets.length] as number) : 0;
      if (encode) {
        for (let row = 0; row < count; row++) {
          data[row * perRow + index] = encode((values[start + row] as number) * factor + offset) as number;
        }
      } else {
        for (let row = 0, at = index; row < count; row++, at += perRow) {
          (data as Float32Array)[at] = (values[start + row] as number) * factor + offset;
        }
      }
    }
    repeatLast(data, count, size, perRow);
    return { dtype, dims: [size, ...dims], data: head(data, size * perRow) };
  };
}

/** One text column. */
export function feedText(values: readonly (string | null)[], dims: readonly number[]): Feed {
  return (start, count, size) => ({
    dtype: 'string',
    dims: [size, ...dims],
    data: Array.from({ length: size }, (_, row) => values[start + Math.min(row, count - 1)] ?? ''),
  });
}

/** An array whose first axis is the row. */
export function feedArray(array: Tensor, slot: Slot): Feed {
  const { dtype, dims, perRow, scaling } = slot;
  const isView = array.dtype === dtype && scaling === undefined;
  let buffer = storage(dtype, 0);
  let numbers = new Float64Array();
  return (start, count, size) => {
    if (isView && count === size) {
      const data = (array.data as TypedArray).subarray(start * perRow, (start + size) * perRow);
      return { dtype, dims: [size, ...dims], data };
    }
    if (buffer.data.length < size * perRow) {
      buffer = storage(dtype, size * perRow);
      numbers = new Float64Array(size * perRow);
    }
    const { data, encode } = buffer;
    copyNumbers(array, start * perRow, count * perRow, numbers, 0);
    if (scaling) apply(scaling, numbers, count * perRow);
    if (encode)
      for (let at = 0; at < count * perRow; at++) data[at] = encode(numbers[at] as number) as number;
    else (data as Float32Array).set(numbers.subarray(0, count * perRow));
    repeatLast(data, count, size, perRow);
    return { dtype, dims: [size, ...dims], data: head(data, size * perRow) };
  };
}

function apply({ factors, offsets }: Affine, values: Float64Array, count: number): void {
  const period = factors.length;
  if (period === 1) {
    const [factor, offset] = [factors[0] as number, offsets[0] as number];
    for (let at = 0; at < count; at++) values[at] = (values[at] as number) * factor + offset;
    return;
  }
  for (let at = 0; at < count; at++) {
    values[at] = (values[at] as number) * (factors[at % period] as number) + (offsets[at % period] as number);
  }
}

function repeatLast(data: TypedArray, count: number, size: number, perRow: number): void {
  for (let row = count; row < size; row++) {
    data.copyWithin(row * perRow, (count - 1) * perRow, count * perRow);
  }
}
