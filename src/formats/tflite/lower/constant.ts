// The content of a constant tensor: its bytes checked against its shape and unpacked into a form the graph can hold.

import { byteLength, dtypes } from '../../../graph/dtype.ts';
import { fromBfloat16, fromFloat16, widened } from '../../../graph/half-precision.ts';
import { elementCount, type Tensor, type TypedArray, tensorFromBytes } from '../../../graph/tensor.ts';
import type { TensorTypeName, TfliteTensor } from '../records.ts';
import { densify } from './sparse.ts';
import { decodeStrings } from './strings.ts';

type Fail = (problem: string) => never;

/** The constant as stored, dense; float16 and bfloat16 become float32, integers below 8 bits become int8. */
export function constantOf(tensor: TfliteTensor, fail: Fail): Tensor {
  const { data, type, sparsity } = tensor;
  const dims = dimsOf(tensor, fail);
  if (data === undefined) return fail('it has no content');
  if (type === 'string')
    return { dtype: 'string', dims, data: decodeStrings(data, elementCount(dims), fail) };
  const count = elementCount(dims);
  if (sparsity !== undefined) {
    const values = valuesOf(type, data, elementsIn(type, data), fail);
    return { ...values, dims, data: densify(values.data as TypedArray, dims, sparsity, fail) };
  }
  const bits = bitsOf(type);
  if (bits === undefined) return fail(`a constant cannot be of type ${type}`);
  const expected = Math.ceil((count * bits) / 8);
  if (data.byteLength !== expected) {
    fail(`it is ${type}[${dims.join(', ')}] and should hold ${expected} bytes, not ${data.byteLength}`);
  }
  return { ...valuesOf(type, data, count, fail), dims };
}

/** Lengths of the axes, none of them unknown. */
function dimsOf({ shape = [] }: TfliteTensor, fail: Fail): readonly number[] {
  if (shape.length > 8) fail(`it has ${shape.length} axes`);
  if (!shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0) || elementCount(shape) > 2 ** 40) {
    fail(`it has the shape [${shape.join(', ')}]`);
  }
  return shape;
}

function bitsOf(type: TensorTypeName): number | undefined {
  if (type === 'resource' || type === 'variant') return undefined;
  return dtypes[type].bits;
}

function elementsIn(type: TensorTypeName, data: Uint8Array): number {
  return Math.floor((data.byteLength * 8) / (bitsOf(type) ?? 8));
}

function valuesOf(type: TensorTypeName, data: Uint8Array, count: number, fail: Fail): Tensor {
  const dims = [count];
  switch (type) {
    case 'float16':
      return { dtype: 'float32', dims, data: widened(halves(data, count), fromFloat16) };
    case 'bfloat16':
      return { dtype: 'float32', dims, data: widened(halves(data, count), fromBfloat16) };
    case 'int4':
      return { dtype: 'int8', dims, data: unpack(data, count, 4, true) };
    case 'int2':
      return { dtype: 'int8', dims, data: unpack(data, count, 2, true) };
    case 'uint4':
      return { dtype: 'uint8', dims, data: unpack(data, count, 4, false) };
    case 'resource':
    case 'variant':
    case 'string':
      return fail(`a constant cannot be of type ${type}`);
    default:
      return tensorFromBytes(type, dims, data.subarray(0, byteLength(type, count)));
  }
}

function halves(data: Uint8Array, count: number): Uint16Array {
  return tensorFromBytes('uint16', [count], data.subarray(0, 2 * count)).data as Uint16Array;
}

/** Small integers are packed low bits first. */
function unpack(data: Uint8Array, count: number, bits: number, isSigned: boolean): Int8Array | Uint8Array {
  const perByte = 8 / bits;
  const result = isSigned ? new Int8Array(count) : new Uint8Array(count);
  for (let index = 0; index < count; index++) {
    const shift = (index % perByte) * bits;
    const raw = ((data[Math.floor(index / perByte)] ?? 0) >> shift) & ((1 << bits) - 1);
    result[index] = isSigned && raw >= 1 << (bits - 1) ? raw - (1 << bits) : raw;
  }
  return result;
}
