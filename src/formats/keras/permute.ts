// Reorders the axes of a weight: the one kernel of our own, because folding it through a runtime would hold every weight twice.

import { elementCount, type Tensor, type TypedArray } from '../../graph/tensor.ts';

/**
 * The tensor with axis `i` of the result being axis `axes[i]` of `tensor`. A tensor without data (only described)
 * stays without.
 * @example
 * permute(kernelHWIO, [3, 2, 0, 1]); // OIHW
 */
export function permute(tensor: Tensor, axes: readonly number[]): Tensor {
  const dims = axes.map((axis) => tensor.dims[axis] ?? 1);
  const source = tensor.data as TypedArray;
  if (source.length === 0) return { ...tensor, dims };
  const strides = stridesOf(tensor.dims);
  const steps = axes.map((axis) => strides[axis] ?? 0);
  const target = source.slice() as TypedArray;
  const rank = dims.length;
  const innerLength = dims[rank - 1] ?? 1;
  const innerStep = steps[rank - 1] ?? 0;
  const index = new Array<number>(rank).fill(0);
  let from = 0;
  for (let to = 0; to < target.length; ) {
    for (let inner = 0, at = from; inner < innerLength; inner++, at += innerStep) {
      target[to++] = source[at] as never;
    }
    for (let axis = rank - 2; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1;
      from += steps[axis] ?? 0;
      if (next < (dims[axis] ?? 1)) {
        index[axis] = next;
        break;
      }
      from -= (steps[axis] ?? 0) * next;
      index[axis] = 0;
    }
  }
  return { ...tensor, dims, data: target };
}

/** The tensor with the order of elements along these axes turned around. */
export function reverse(tensor: Tensor, axes: readonly number[]): Tensor {
  const source = tensor.data as TypedArray;
  if (source.length === 0 || axes.length === 0) return tensor;
  const strides = stridesOf(tensor.dims);
  const target = source.slice() as TypedArray;
  for (let to = 0; to < target.length; to++) {
    let from = to;
    for (const axis of axes) {
      const dim = tensor.dims[axis] ?? 1;
      const stride = strides[axis] ?? 0;
      const at = Math.floor(to / stride) % dim;
      from += (dim - 1 - 2 * at) * stride;
    }
    target[to] = source[from] as never;
  }
  return { ...tensor, data: target };
}

/** The same elements under other dims of the same count. */
export function reshape(tensor: Tensor, dims: readonly number[]): Tensor {
  if (elementCount(dims) !== elementCount(tensor.dims))
    throw new RangeError('reshape changes the element count');
  return { ...tensor, dims };
}

function stridesOf(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length).fill(1);
  for (let axis = dims.length - 2; axis >= 0; axis--) {
    strides[axis] = (strides[axis + 1] ?? 1) * (dims[axis + 1] ?? 1);
  }
  return strides;
}
