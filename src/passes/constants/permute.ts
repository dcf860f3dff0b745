// Rearranging a constant tensor: the same elements, another order. No arithmetic.

import { dtypes } from '../../graph/dtype.ts';
import { elementCount, type Tensor, type TensorData, type TypedArray } from '../../graph/tensor.ts';

/** Whether elements can be moved one by one: 4-bit and complex elements do not have an array slot of their own. */
export function isMovable(tensor: Tensor): boolean {
  if (tensor.data.length !== elementCount(tensor.dims)) return false;
  return tensor.dtype === 'string' || dtypes[tensor.dtype].bits >= 8;
}

/** The tensor with axis `i` of the result being axis `perm[i]` of the argument, as ONNX Transpose has it. */
export function permuteTensor(tensor: Tensor, perm: readonly number[]): Tensor {
  const dims = perm.map((axis) => tensor.dims[axis] ?? 1);
  const strides = stridesOf(tensor.dims);
  const steps = perm.map((axis) => strides[axis] ?? 0);
  const data = allocateLike(tensor.data, tensor.data.length);
  const counter = new Array<number>(dims.length).fill(0);
  let from = 0;
  for (let to = 0; to < data.length; to++) {
    data[to] = tensor.data[from] as never;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      from += steps[axis] as number;
      counter[axis] = (counter[axis] as number) + 1;
      if ((counter[axis] as number) < (dims[axis] as number)) break;
      from -= (steps[axis] as number) * (dims[axis] as number);
      counter[axis] = 0;
    }
  }
  return { dtype: tensor.dtype, dims, data };
}

/** Picks `order` along `axis`, as ONNX Gather with a one-dimensional index has it. */
export function takeTensor(tensor: Tensor, axis: number, order: ArrayLike<number>): Tensor {
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
  return { dtype: tensor.dtype, dims: tensor.dims.with(axis, order.length), data };
}

/** The same elements under other dims of the same count. */
export function reshapeTensor(tensor: Tensor, dims: readonly number[]): Tensor {
  return { dtype: tensor.dtype, dims, data: tensor.data };
}

function stridesOf(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length).fill(1);
  for (let axis = dims.length - 2; axis >= 0; axis--) {
    strides[axis] = (strides[axis + 1] as number) * (dims[axis + 1] as number);
  }
  return strides;
}

type Writable = { [index: number]: never; readonly length: number } & TensorData;

function allocateLike(data: TensorData, length: number): Writable {
  if (Array.isArray(data)) return new Array<string>(length) as unknown as Writable;
  const array = data as TypedArray;
  return new (array.constructor as new (length: number) => TypedArray)(length) as unknown as Writable;
}
