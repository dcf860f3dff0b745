// Convolutions that tfjs-layers cannot do: causal padding, groups, SeparableConv1D.
// https://keras.io/api/layers/convolution_layers/

import type * as Core from '@tensorflow/tfjs-core';
import type { Config, Formula, Shape } from '../custom-layers.ts';
import { isChannelsFirst, mapSpatial, numbers } from './config.ts';

type Plan = {
  readonly rank: number;
  readonly kernel: number[];
  readonly strides: number[];
  readonly dilation: number[];
  readonly padding: string;
};

function plan(config: Config, rank: number): Plan {
  return {
    rank,
    kernel: numbers(config.kernelSize, rank),
    strides: numbers(config.strides, rank),
    dilation: numbers(config.dilationRate, rank),
    padding: String(config.padding ?? 'valid'),
  };
}

function outputLength({ kernel, strides, dilation, padding }: Plan) {
  return (length: number, at: number): number => {
    const reach = ((kernel[at] ?? 1) - 1) * (dilation[at] ?? 1);
    const room = padding === 'valid' ? length - reach : length;
    return Math.ceil(room / (strides[at] ?? 1));
  };
}

/** `dims` with the channel axis replaced. */
function withChannels(shape: Shape, config: Config, channels: number): Shape {
  const axis = isChannelsFirst(config) ? 1 : shape.length - 1;
  return shape.map((dim, at) => (at === axis ? channels : dim));
}

function channelsOf(shape: Shape, config: Config): number {
  return shape[isChannelsFirst(config) ? 1 : shape.length - 1] ?? 0;
}

/** Runs `work` on [batch, height, width, channels], whatever the rank and layout of x; one axis has height 1. */
function asImage(
  core: typeof Core,
  x: Core.Tensor,
  config: Config,
  { rank, kernel, dilation, padding }: Plan,
  work: (image: Core.Tensor4D) => Core.Tensor,
): Core.Tensor {
  const first = isChannelsFirst(config);
  let image = x;
  if (first) image = core.transpose(image, rank === 1 ? [0, 2, 1] : [0, 2, 3, 1]);
  if (rank === 1) image = core.expandDims(image, 1);
  if (padding === 'causal') {
    // Only the past: all the padding goes before the first step.
    const before = ((kernel[0] ?? 1) - 1) * (dilation[0] ?? 1);
    image = core.pad(image, [
      [0, 0],
      [0, 0],
      [before, 0],
      [0, 0],
    ]);
  }
  let result = work(image as Core.Tensor4D);
  if (rank === 1) result = core.squeeze(result, [1]);
  return first ? core.transpose(result, rank === 1 ? [0, 2, 1] : [0, 3, 1, 2]) : result;
}

function finish(
  core: typeof Core,
  result: Core.Tensor,
  config: Config,
  bias: Core.Tensor | undefined,
): Core.Tensor {
  if (!bias) return result;
  const dims = result.shape.map(() => 1);
  dims[isChannelsFirst(config) ? 1 : dims.length - 1] = bias.size;
  return core.add(result, core.reshape(bias, dims));
}

const pair = (values: readonly number[], rank: number): [number, number] =>
  rank === 1 ? [1, values[0] ?? 1] : [values[0] ?? 1, values[1] ?? 1];

/** Conv1D and Conv2D, before the activation. */
const convolution: Formula = {
  outputShape([shape = []], config) {
    const spatial = mapSpatial(shape, config, outputLength(plan(config, shape.length - 2)));
    return withChannels(spatial, config, Number(config.filters));
  },
  weights(shape, config) {
    const { kernel } = plan(config, shape.length - 2);
    const filters = Number(config.filters);
    const weights = { kernel: [...kernel, channelsOf(shape, config) / Number(config.groups ?? 1), filters] };
    return config.useBias === false ? weights : { ...weights, bias: [filters] };
  },
  compute(core, [x], config, { kernel, bias }) {
    if (!x || !kernel) throw new Error('a convolution without input or kernel');
    const { rank, strides, dilation, padding, ...rest } = plan(config, x.rank - 2);
    const given = { rank, strides, dilation, padding, ...rest };
    const filters = rank === 1 ? core.expandDims(kernel, 0) : kernel;
    const groups = Number(config.groups ?? 1);
    const result = asImage(core, x, config, given, (image) => {
      const parts = core.split(image, groups, 3);
      const kernels = core.split(filters as Core.Tensor4D, groups, 3);
      const done = parts.map((part, at) =>
        core.conv2d(
          part as Core.Tensor4D,
          kernels[at] as Core.Tensor4D,
          pair(strides, rank),
          padding === 'same' ? 'same' : 'valid',
          'NHWC',
          pair(dilation, rank),
        ),
      );
      return core.concat(done, 3);
    });
    return finish(core, result, config, bias);
  },
};

const separable: Formula = {
  outputShape: convolution.outputShape,
  weights(shape, config) {
    const { kernel } = plan(config, 1);
    const channels = channelsOf(shape, config);
    const multiplier = Number(config.depthMultiplier ?? 1);
    const filters = Number(config.filters);
    const weights = {
      depthwise_kernel: [...kernel, channels, multiplier],
      pointwise_kernel: [1, channels * multiplier, filters],
    };
    return config.useBias === false ? weights : { ...weights, bias: [filters] };
  },
  compute(core, [x], config, { depthwise_kernel, pointwise_kernel, bias }) {
    if (!x || !depthwise_kernel || !pointwise_kernel)
      throw new Error('a convolution without input or kernel');
    const given = plan(config, 1);
    const stride = given.strides[0] ?? 1;
    const dilation = given.dilation[0] ?? 1;
    const result = asImage(core, x, config, given, (image) => {
      const depthwise = core.depthwiseConv2d(
        image,
        core.expandDims(depthwise_kernel, 0) as Core.Tensor4D,
        [stride, stride],
        given.padding === 'same' ? 'same' : 'valid',
        'NHWC',
        [dilation, dilation],
      );
      return core.conv2d(depthwise, core.expandDims(pointwise_kernel, 0) as Core.Tensor4D, 1, 'valid');
    });
    return finish(core, result, config, bias);
  },
};

export const convolutions = {
  MlctlConv: convolution,
  SeparableConv1D: separable,
} satisfies Record<string, Formula>;
