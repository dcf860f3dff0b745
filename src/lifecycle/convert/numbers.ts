// The elements of a tensor as numbers, whatever holds them.

import { elementCount, type Tensor } from '../../graph/tensor.ts';

/** Numbers of a tensor; undefined for strings, packed and complex elements, which are compared as they are. */
export function numbersOf(tensor: Tensor): ArrayLike<number> | undefined {
  switch (tensor.dtype) {
    case 'string':
    case 'complex64':
    case 'complex128':
      return undefined;
    case 'float16':
      return Float64Array.from(tensor.data as Uint16Array, float16);
    case 'bfloat16':
      return Float64Array.from(tensor.data as Uint16Array, bfloat16);
    case 'int64':
    case 'uint64':
      return Float64Array.from(tensor.data as BigInt64Array, Number);
    default:
      if (tensor.data.length !== elementCount(tensor.dims)) return undefined;
      return tensor.data as ArrayLike<number>;
  }
}

/** IEEE 754 binary16 from its bits. */
export function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const word = new DataView(new ArrayBuffer(4));

/** bfloat16 is the upper half of a float32. */
export function bfloat16(bits: number): number {
  word.setUint32(0, bits << 16);
  return word.getFloat32(0);
}
