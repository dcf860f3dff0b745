// Convolution kernels as different Keras versions and backends store them, brought into ONNX's order.

import type { Dim } from '../../graph/model.ts';
import { permute, reverse } from '../../graph/rearrange.ts';
import type { Tensor } from '../../graph/tensor.ts';
import type { LayerConfig } from './config.ts';
import type { Layer } from './layer.ts';
import type { DataFormat, Window } from './spatial.ts';

export function readWindow(config: LayerConfig, axes: number): Window {
  return {
    kernel: config.sizes('kernel_size', axes, undefined),
    strides: config.sizes('strides', axes, 1),
    dilations: config.sizes('dilation_rate', axes, 1),
    padding: config.word('padding', axes === 1 ? ['valid', 'same', 'causal'] : ['valid', 'same'], 'valid'),
  };
}

export type StoredKernel = {
  readonly dims: readonly (number | null)[];
  /** Axes in the order output channels, input channels, spatial. */
  readonly perm: readonly number[];
  /** Spatial axes of the result that have to be turned around. */
  readonly flipped: readonly number[];
};

/**
 * (spatial…, input, output) in general. Keras 1 under `dim_ordering: th` stores (output, input, spatial…), and its
 * one-dimensional kernels have a spatial axis of length 1 more. Theano convolves where the others correlate: its
 * kernels are turned by 180 degrees.
 */
export function storedDims(
  layer: Layer,
  kernel: readonly number[],
  input: number | null,
  output: number,
  format: DataFormat,
): StoredKernel {
  const { major, backend } = layer.dialect;
  const axes = kernel.length;
  const spatial = kernel.map((_, axis) => axis);
  const flipped = backend === 'theano' ? kernel.map((_, axis) => axis + 2) : [];
  if (major === 1 && axes === 1) return { dims: [...kernel, 1, input, output], perm: [3, 2, 0, 1], flipped };
  if (major === 1 && format === 'channels_first') {
    return { dims: [output, input, ...kernel], perm: [0, 1, ...spatial.map((axis) => axis + 2)], flipped };
  }
  return { dims: [...kernel, input, output], perm: [axes + 1, axes, ...spatial], flipped };
}

/** The kernel as (output, input, spatial…). */
export function orientKernel(layer: Layer, tensor: Tensor, { perm, flipped, dims }: StoredKernel): Tensor {
  const ordered = reverse(permute(tensor, perm), flipped);
  const isKeras1Line = layer.dialect.major === 1 && dims.length === 4 && layer.className === 'Conv1D';
  return isKeras1Line ? { ...ordered, dims: ordered.dims.slice(0, 3) } : ordered;
}

/** A depthwise kernel, stored (spatial…, channels, multiplier), as (channels * multiplier, 1, spatial…). */
export function depthwiseKernel(
  layer: Layer,
  kernel: readonly number[],
  channels: Dim,
  multiplier: number,
): { name: string; channels: number; filters: number } {
  if (typeof channels !== 'number') return layer.fail('the number of its input channels is not known');
  const axes = kernel.length;
  const spatial = kernel.map((_, axis) => axis);
  const filters = channels * multiplier;
  const flipped = layer.dialect.backend === 'theano' ? kernel.map((_, axis) => axis + 2) : [];
  const { name } = layer.parameter('depthwise_kernel', [...kernel, channels, multiplier], (tensor) => {
    const ordered = reverse(permute(tensor, [axes, axes + 1, ...spatial]), flipped);
    return { ...ordered, dims: [filters, 1, ...kernel] };
  });
  return { name, channels, filters };
}
