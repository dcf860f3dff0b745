// https://keras.io/api/layers/convolution_layers/depthwise_convolution2d/
// Each input channel has `depth_multiplier` filters of its own: a convolution in as many groups as channels.

import { int } from '../../../graph/attribute.ts';
import { depthwiseKernel, readWindow } from '../kernel.ts';
import { kernelAndBias, type LayerFamily } from '../layer.ts';
import { dataFormat, joinShape, slide, splitShape, withChannelsFirst } from '../spatial.ts';

const AXES: Readonly<Record<string, number>> = { DepthwiseConv1D: 1, DepthwiseConv2D: 2 };

export default {
  classNames: Object.keys(AXES),
  weights: (config) => kernelAndBias(config, 'depthwise_kernel'),
  lower(layer) {
    const { input, config, className } = layer;
    const axes = AXES[className] ?? 2;
    const format = dataFormat(config);
    const { spatial, channels } = splitShape(layer, input, axes, format);
    const window = readWindow(config, axes);
    // Some versions also write the keys of Conv2D, which have no meaning here.
    for (const key of ['filters', 'groups']) config.get(key);
    const kernel = depthwiseKernel(layer, window.kernel, channels, config.integer('depth_multiplier', 1));
    const bias = config.boolean('use_bias', true) ? [layer.parameter('bias', [kernel.filters]).name] : [];
    const { attributes, output } = slide(layer, spatial, window);
    const name = withChannelsFirst(layer, input.name, axes + 2, format, (x) =>
      layer.add('Conv', [x, kernel.name, ...bias], {
        attributes: {
          ...attributes,
          kernel_shape: int(window.kernel),
          strides: int(window.strides),
          dilations: int(window.dilations),
          group: int(kernel.channels),
        },
      }),
    );
    const shape = joinShape(input.shape[0] ?? null, output, kernel.filters, format);
    return layer.activate({ name, dtype: layer.dtype, shape }, config.get('activation'));
  },
} satisfies LayerFamily;
