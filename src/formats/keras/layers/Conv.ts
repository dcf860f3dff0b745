// https://keras.io/api/layers/convolution_layers/convolution2d/
// Kernels are stored (spatial…, input channels / groups, filters); ONNX wants (filters, input channels / groups, spatial…).

import { int } from '../../../graph/attribute.ts';
import { orientKernel, readWindow, storedDims } from '../kernel.ts';
import { kernelAndBias, type LayerFamily } from '../layer.ts';
import { dataFormat, joinShape, slide, splitShape, withChannelsFirst } from '../spatial.ts';

const AXES: Readonly<Record<string, number>> = { Conv1D: 1, Conv2D: 2, Conv3D: 3 };

export default {
  classNames: Object.keys(AXES),
  weights: (config) => kernelAndBias(config),
  lower(layer) {
    const { input, config, className } = layer;
    const axes = AXES[className] ?? 2;
    const format = dataFormat(config);
    const { spatial, channels } = splitShape(layer, input, axes, format);
    const window = readWindow(config, axes);
    const filters = config.integer('filters', undefined);
    const groups = config.integer('groups', 1);
    if (typeof channels === 'number' && (channels % groups !== 0 || filters % groups !== 0)) {
      layer.fail(`${channels} channels and ${filters} filters cannot be cut into ${groups} groups`);
    }
    const perGroup = typeof channels === 'number' ? channels / groups : null;
    const stored = storedDims(layer, window.kernel, perGroup, filters, format);
    const kernel = layer.parameter('kernel', stored.dims, (tensor) => orientKernel(layer, tensor, stored));
    const hasBias = config.boolean('use_bias', true);
    const bias = hasBias ? [layer.parameter('bias', [filters]).name] : [];
    const { attributes, output } = slide(layer, spatial, window);
    const name = withChannelsFirst(layer, input.name, axes + 2, format, (x) =>
      layer.add('Conv', [x, kernel.name, ...bias], {
        attributes: {
          ...attributes,
          kernel_shape: int(window.kernel),
          strides: int(window.strides),
          dilations: int(window.dilations),
          group: int(groups),
        },
      }),
    );
    const shape = joinShape(input.shape[0] ?? null, output, filters, format);
    return layer.activate({ name, dtype: layer.dtype, shape }, config.get('activation'));
  },
} satisfies LayerFamily;
