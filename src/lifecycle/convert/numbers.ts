// The elements of a tensor as numbers, whatever holds them.

import { fromBfloat16, fromFloat16, widened } from '../../graph/half-precision.ts';
import { elementCount, type Tensor } from '../../graph/tensor.ts';

/** Numbers of a tensor; undefined for strings, packed and complex elements, which are compared as they are. */
export function numbersOf(tensor: Tensor): ArrayLike<number> | undefined {
  switch (tensor.dtype) {
    case 'string':
    case 'complex64':
    case 'complex128':
      return undefined;
    case 'float16':
      return widened(tensor.data as Uint16Array, fromFloat16);
    case 'bfloat16':
      return widened(tensor.data as Uint16Array, fromBfloat16);
    case 'int64':
    case 'uint64':
      return Float64Array.from(tensor.data as BigInt64Array, Number);
    default:
      if (tensor.data.length !== elementCount(tensor.dims)) return undefined;
      return tensor.data as ArrayLike<number>;
  }
}
