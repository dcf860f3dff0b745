// https://keras.io/api/layers/reshaping_layers/up_sampling2d/
// nearest repeats elements. bilinear follows TensorFlow's image resize, whose pixel centres moved between versions.

import { float, int, string } from '../../../graph/attribute.ts';
import type { Attribute } from '../../../graph/model.ts';
import { float32 } from '../../../graph/tensor.ts';
import type { LayerFamily } from '../layer.ts';
import { dataFormat, joinShape, splitShape, withChannelsFirst } from '../spatial.ts';
import type { Dialect } from '../spec.ts';

const AXES: Readonly<Record<string, number>> = { UpSampling1D: 1, UpSampling2D: 2, UpSampling3D: 3 };

export default {
  classNames: Object.keys(AXES),
  problem(config) {
    const method = config.string('interpolation', 'nearest');
    return ['nearest', 'bilinear', 'bicubic'].includes(method)
      ? undefined
      : `interpolation ${method} is a filter that Resize of ONNX does not have`;
  },
  lower(layer) {
    const { input, config, className } = layer;
    const axes = AXES[className] ?? 2;
    const format = axes === 1 ? 'channels_last' : dataFormat(config);
    const { spatial, channels } = splitShape(layer, input, axes, format);
    const size = config.sizes('size', axes, 2);
    const method = config.string('interpolation', 'nearest');
    const scales = layer.constant('scales', float32([axes + 2], [1, 1, ...size]));
    const name = withChannelsFirst(layer, input.name, axes + 2, format, (x) =>
      layer.add('Resize', [x, '', scales], { attributes: resizing(method, layer.dialect) }),
    );
    const output = spatial.map((length, axis) =>
      typeof length === 'number' ? length * (size[axis] ?? 1) : layer.symbol(`length${axis}`),
    );
    return { ...input, name, shape: joinShape(input.shape[0] ?? null, output, channels, format) };
  },
} satisfies LayerFamily;

function resizing(method: string, dialect: Dialect): Readonly<Record<string, Attribute>> {
  const centres = string(hasHalfPixelCentres(dialect) ? 'half_pixel' : 'asymmetric');
  if (method === 'nearest') {
    const asIs = string('asymmetric');
    return { mode: string('nearest'), coordinate_transformation_mode: asIs, nearest_mode: string('floor') };
  }
  if (method === 'bilinear') return { mode: string('linear'), coordinate_transformation_mode: centres };
  return {
    mode: string('cubic'),
    coordinate_transformation_mode: centres,
    cubic_coeff_a: float(-0.5),
    exclude_outside: int(1),
  };
}

/** Keras outside TensorFlow used the older resize up to 2.2; tf.keras and everything later the one with half-pixel centres. */
function hasHalfPixelCentres({ major, version }: Dialect): boolean {
  if (major >= 3 || version.includes('-tf')) return true;
  return major === 2 && Number.parseInt(version.split('.')[1] ?? '3', 10) >= 3;
}
