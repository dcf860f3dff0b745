// One weight of an HDF5 file, read when it is asked for. bfloat16 becomes float32, which holds all its values.

import type { Hdf5File } from '../../encoding/hdf5.ts';
import { fromBfloat16 } from '../../graph/half-precision.ts';
import type { Tensor } from '../../graph/tensor.ts';
import type { KerasWeight } from './file.ts';

export function storedWeight(file: Hdf5File, name: string, path: string): KerasWeight {
  const { dims, dtype } = file.dataset(path);
  if (dtype !== 'bfloat16') return { name, dims, dtype, tensor: () => file.read(path) };
  return { name, dims, dtype: 'float32', tensor: () => toFloat32(file.read(path)) };
}

function toFloat32({ dims, data }: Tensor): Tensor {
  return { dtype: 'float32', dims, data: Float32Array.from(data as Uint16Array, fromBfloat16) };
}
