// Constants of any dtype from plain numbers.

import { type DType, dtypes } from '../../../graph/dtype.ts';
import type { Tensor } from '../../../graph/tensor.ts';

export function tensorOf(dtype: DType, dims: readonly number[], values: readonly number[]): Tensor {
  const array = dtypes[dtype].array;
  if (array === 'strings') return { dtype, dims, data: values.map(String) };
  if (array === BigInt64Array || array === BigUint64Array) {
    const wide = values.map((value) => BigInt(Math.trunc(value)));
    return {
      dtype,
      dims,
      data: array === BigInt64Array ? BigInt64Array.from(wide) : BigUint64Array.from(wide),
    };
  }
  return { dtype, dims, data: (array as Float32ArrayConstructor).from(values) };
}
