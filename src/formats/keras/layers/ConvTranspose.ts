// https://keras.io/api/layers/convolution_layers/convolution2d_transpose/
// The gradient of a convolution: kernels are stored (spatial…, filters, input channels).

import { int } from '../../../graph/attribute.ts';
import type { Dim } from '../../../graph/model.ts';
import { permute, reverse } from '../../../graph/rearrange.ts';
import type { Tensor } from '../../../graph/tensor.ts';
import { readWindow } from '../kernel.ts';
import { kernelAndBias, type Layer, type LayerFamily } from '../layer.ts';
import { dataFormat, joinShape, splitShape, type Window, withChannelsFirst } from '../spatial.ts';

const AXES: Readonly<Record<string, number>> = { Conv1DTranspose: 1, Conv2DTranspose: 2, Conv3DTranspose: 3 };

export default {
  classNames: Object.keys(AXES),
  weights: (config) => kernelAndBias(config),
  problem: (_, dialect) =>
    dialect.major === 1
      ? 'transposed convolutions of Keras 1 state their output shape, not supported yet'
      : undefined,
  lower(layer) {
    const { input, config, className } = layer;
    const axes = AXES[className] ?? 2;
    const format = dataFormat(config);
    const { spatial, channels } = splitShape(layer, input, axes, format);
    const window = readWindow(config, axes);
    const filters = config.integer('filters', undefined);
    config.get('groups');
    const dims = [...window.kernel, filters, typeof channels === 'number' ? channels : null];
    const kernel = layer.parameter('kernel', dims, (tensor) => orient(layer, tensor, axes));
    const bias = config.boolean('use_bias', true) ? [layer.parameter('bias', [filters]).name] : [];
    const sides = window.kernel.map((_, axis) =>
      grow(layer, window, axis, extraOf(layer, axes)[axis] ?? null),
    );
    const output = spatial.map((length, axis): Dim => {
      const side = sides[axis];
      if (typeof length !== 'number' || side === undefined) return layer.symbol(`length${axis}`);
      return length * (window.strides[axis] ?? 1) + side.more;
    });
    const name = withChannelsFirst(layer, input.name, axes + 2, format, (x) =>
      layer.add('ConvTranspose', [x, kernel.name, ...bias], {
        attributes: {
          kernel_shape: int(window.kernel),
          strides: int(window.strides),
          dilations: int(window.dilations),
          pads: int([...sides.map(({ before }) => before), ...sides.map(({ after }) => after)]),
          output_padding: int(sides.map(({ added }) => added)),
        },
      }),
    );
    const shape = joinShape(input.shape[0] ?? null, output, filters, format);
    return layer.activate({ name, dtype: layer.dtype, shape }, config.get('activation'));
  },
} satisfies LayerFamily;

function orient(layer: Layer, tensor: Tensor, axes: number): Tensor {
  const spatial = Array.from({ length: axes }, (_, axis) => axis);
  const flipped = layer.dialect.backend === 'theano' ? spatial.map((axis) => axis + 2) : [];
  return reverse(permute(tensor, [axes + 1, axes, ...spatial]), flipped);
}

/** `output_padding` per axis; null leaves the length to the padding mode. */
function extraOf(layer: Layer, axes: number): readonly (number | null)[] {
  const isGiven = (layer.config.get('output_padding') ?? null) !== null;
  return isGiven ? layer.config.sizes('output_padding', axes, undefined, 0) : new Array(axes).fill(null);
}

/**
 * The result has `length * stride + more` elements. What the window makes beyond that is cut off, first half in
 * front as for a SAME convolution; what is missing is added at the end.
 */
function grow(layer: Layer, window: Window, axis: number, extra: number | null) {
  const stride = window.strides[axis] ?? 1;
  const kernel = window.kernel[axis] ?? 1;
  const reach = (kernel - 1) * (window.dilations[axis] ?? 1) + 1;
  const isSame = window.padding === 'same';
  if (window.padding === 'causal') layer.fail('padding is causal');
  const more =
    extra === null
      ? isSame
        ? 0
        : Math.max(reach - stride, 0)
      : reach - stride - (isSame ? 2 * Math.floor(kernel / 2) : 0) + extra;
  const surplus = reach - stride - more;
  const before = Math.floor(Math.max(surplus, 0) / 2);
  return { more, before, after: Math.max(surplus, 0) - before, added: Math.max(-surplus, 0) };
}
