// https://keras.io/api/layers/convolution_layers/separable_convolution2d/
// A depthwise convolution, then a convolution with windows of one element that mixes the channels.

import { int } from '../../../graph/attribute.ts';
import { depthwiseKernel, orientKernel, readWindow, storedDims } from '../kernel.ts';
import { kernelAndBias, type LayerFamily } from '../layer.ts';
import { dataFormat, joinShape, slide, splitShape, withChannelsFirst } from '../spatial.ts';

const AXES: Readonly<Record<string, number>> = { SeparableConv1D: 1, SeparableConv2D: 2 };

export default {
  classNames: Object.keys(AXES),
  weights: (config) => kernelAndBias(config, 'depthwise_kernel', 'pointwise_kernel'),
  lower(layer) {
    const { input, config, className } = layer;
    const axes = AXES[className] ?? 2;
    const format = dataFormat(config);
    const { spatial, channels } = splitShape(layer, input, axes, format);
    const window = readWindow(config, axes);
    const filters = config.integer('filters', undefined);
    config.get('groups');
    const depthwise = depthwiseKernel(layer, window.kernel, channels, config.integer('depth_multiplier', 1));
    const ones = window.kernel.map(() => 1);
    const stored = storedDims(layer, ones, depthwise.filters, filters, format);
    const pointwise = layer.parameter('pointwise_kernel', stored.dims, (tensor) =>
      orientKernel(layer, tensor, stored),
    );
    const bias = config.boolean('use_bias', true) ? [layer.parameter('bias', [filters]).name] : [];
    const { attributes, output } = slide(layer, spatial, window);
    const name = withChannelsFirst(layer, input.name, axes + 2, format, (x) => {
      const separate = layer.add('Conv', [x, depthwise.name], {
        suffix: 'depthwise',
        attributes: {
          ...attributes,
          kernel_shape: int(window.kernel),
          strides: int(window.strides),
          dilations: int(window.dilations),
          group: int(depthwise.channels),
        },
      });
      return layer.add('Conv', [separate, pointwise.name, ...bias], {
        attributes: { kernel_shape: int(ones) },
      });
    });
    const shape = joinShape(input.shape[0] ?? null, output, filters, format);
    return layer.activate({ name, dtype: layer.dtype, shape }, config.get('activation'));
  },
} satisfies LayerFamily;
