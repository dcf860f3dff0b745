// Rearranging a constant tensor: the same elements in another order. No arithmetic. Our own, because folding it through
// a runtime would hold every weight twice.

import { dtypes } from './dtype.ts';
import { elementCount, type Tensor, type TensorData, type TypedArray } from './tensor.ts';

/** Whether elements can be moved one by one: 4-bit and complex elements do not have an array slot of their own. */
export function isMovable(tensor: Tensor): boolean {
  if (tensor.data.length !== elementCount(tensor.dims)) return false;
  return tensor.dtype === 'string' || dtypes[tensor.dtype].bits >= 8;
}

/**
 * The tensor with axis `i` of the result being axis `axes[i]` of `tensor`, as ONNX Transpose has it. A tensor without
 * data (only described) stays without.
 *
 * @example permute(kernelHWIO, [3, 2, 0, 1]); // OIHW
 */
export function permute(tensor: Tensor, axes: readonly number[]): Tensor {
  const dims = axes.map((axis) => tensor.dims[axis] ?? 1);
  const source = tensor.data;
  if (source.length === 0) return { ...tensor, dims };
  const strides = stridesOf(tensor.dims);
  const steps = axes.map((axis) => strides[axis] ?? 0);
  const target = allocateLike(source, source.length);
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
  const source = tensor.data;
  if (source.length === 0 || axes.length === 0) return tensor;
  const strides = stridesOf(tensor.dims);
  const target = allocateLike(source, source.length);
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

/** Picks `order` along `axis`, as ONNX Gather with a one-dimensional index has it. */
export function take(tensor: Tensor, axis: number, order: ArrayLike<number>): Tensor {
  const inner = elementCount(tensor.dims.slice(axis + 1));
  const outer = elementCount(tensor.dims.slice(0, axis));
  const length = tensor.dims[axis] ?? 1;
  const data = allocateLike(tensor.data, outer * order.length * inner);
  let to = 0;
  for (let block = 0; block < outer; block++) {
    for (let i = 0; i < order.length; i++) {
      const from = (block * length + (order[i] as number)) * inner;
      for (let k = 0; k < inner; k++) data[to++] = tensor.data[from + k] as never;
    }
  }
  return { ...tensor, dims: tensor.dims.with(axis, order.length), data };
}

/** The same elements under other dims of the same count. */
export function reshape(tensor: Tensor, dims: readonly number[]): Tensor {
  if (elementCount(dims) !== elementCount(tensor.dims)) {
    throw new RangeError('reshape changes the element count');
  }
  return { ...tensor, dims };
}

function stridesOf(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length).fill(1);
  for (let axis = dims.length - 2; axis >= 0; axis--) {
    strides[axis] = (strides[axis + 1] ?? 1) * (dims[axis + 1] ?? 1);
  }
  return strides;
}

type Writable = { [index: number]: never; readonly length: number } & TensorData;

function allocateLike(data: TensorData, length: number): Writable {
  if (Array.isArray(data)) return new Array<string>(length) as unknown as Writable;
  const array = data as TypedArray;
  return new (array.constructor as new (length: number) => TypedArray)(length) as unknown as Writable;
}
