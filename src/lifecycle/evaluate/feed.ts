// Rows of data as tensors for one input, batch by batch. The buffer is reused: a tensor is valid until the next call.

import type { DType } from '../../graph/dtype.ts';
import type { Tensor, TypedArray } from '../../graph/tensor.ts';
import { copyNumbers, head, storage } from './numbers.ts';
import { packArray, packColumns } from './pack.ts';
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
  let numbers = new Float64Array();
  return (start, count, size) => {
    if (buffer.data.length < size * perRow) buffer = storage(dtype, size * perRow);
    const { data, encode } = buffer;
    if (data instanceof Float32Array || data instanceof Float64Array) {
      packColumns(columns, scaling, start, count, data);
    } else {
      if (numbers.length < count * perRow) numbers = new Float64Array(size * perRow);
      packColumns(columns, scaling, start, count, numbers);
      store(numbers, count * perRow, data, encode);
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
    if (buffer.data.length < size * perRow) buffer = storage(dtype, size * perRow);
    const { data, encode } = buffer;
    const isFloat = data instanceof Float32Array || data instanceof Float64Array;
    if (isFloat && isPlain(array)) {
      packArray(array.data, scaling, start * perRow, count * perRow, data);
    } else {
      if (numbers.length < count * perRow) numbers = new Float64Array(size * perRow);
      copyNumbers(array, start * perRow, count * perRow, numbers, 0);
      if (scaling) packArray(numbers, scaling, 0, count * perRow, numbers);
      store(numbers, count * perRow, data, encode);
    }
    repeatLast(data, count, size, perRow);
    return { dtype, dims: [size, ...dims], data: head(data, size * perRow) };
  };
}

type PlainArray = Tensor & { readonly data: Parameters<typeof packArray>[0] };

/** Elements that are the numbers themselves: not half precision, not 64-bit integers. */
function isPlain(array: Tensor): array is PlainArray {
  return !/^(float16|bfloat16|int64|uint64|string)$/.test(array.dtype);
}

function store(
  numbers: Float64Array,
  count: number,
  data: TypedArray,
  encode: ((value: number) => number | bigint) | undefined,
): void {
  if (encode === undefined) (data as Float32Array).set(numbers.subarray(0, count));
  else for (let at = 0; at < count; at++) data[at] = encode(numbers[at] as number) as number;
}

function repeatLast(data: TypedArray, count: number, size: number, perRow: number): void {
  for (let row = count; row < size; row++) {
    data.copyWithin(row * perRow, (count - 1) * perRow, count * perRow);
  }
}
