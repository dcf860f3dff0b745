// Tensors on their way to another thread.

import type { Tensor } from '../../graph/tensor.ts';

/** A copy whose memory holds nothing else, so that it can be handed over without taking other requests' data along. */
export function transferable({ dtype, dims, data }: Tensor): Tensor {
  return { dtype, dims, data: data.slice() };
}

export function buffersOf(tensors: readonly Tensor[]): ArrayBuffer[] {
  return tensors.flatMap(({ data }) => ('buffer' in data ? [data.buffer as ArrayBuffer] : []));
}
