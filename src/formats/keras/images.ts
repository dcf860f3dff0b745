// Cutting and resizing images as TensorFlow's image functions do; used by layers that prepare images.
// https://www.tensorflow.org/api_docs/python/tf/image/resize

import { int, string } from '../../graph/attribute.ts';
import { int64 } from '../../graph/tensor.ts';
import type { LayerConfig } from './config.ts';
import type { Layer, Value } from './layer.ts';
import { type DataFormat, dataFormat, joinShape, splitShape, withChannelsFirst } from './spatial.ts';

export type Size = readonly [height: number, width: number];

export function targetSize(config: LayerConfig): Size {
  return [config.integer('height', undefined), config.integer('width', undefined)];
}

export function interpolationProblem(method: string): string | undefined {
  if (method === 'nearest' || method === 'bilinear') return undefined;
  // TensorFlow takes the weights of bicubic from a table with 1024 steps.
  return `interpolation ${method} gives other numbers in ONNX, which has no such filter or rounds it otherwise`;
}

/** Height and width of the images; layers that need them refuse images of any size. */
export function imageSize(layer: Layer, image: Value): Size {
  const { spatial } = splitShape(layer, image, 2, dataFormat(layer.config));
  const [height, width] = spatial;
  if (typeof height !== 'number' || typeof width !== 'number') {
    return layer.refuse('it cuts images whose size is known only when the model runs');
  }
  return [height, width];
}

/** Pixel centres lie between the whole numbers, and nothing is smoothed before shrinking. */
export function resize(layer: Layer, image: Value, [height, width]: Size, method: string): Value {
  const format = dataFormat(layer.config);
  const { channels, spatial } = splitShape(layer, image, 2, format);
  if (spatial[0] === height && spatial[1] === width) return image;
  const sizes = layer.constant('size', int64([height, width]));
  const name = withChannelsFirst(layer, image.name, 4, format, (x) =>
    layer.add('Resize', [x, '', '', sizes], {
      attributes: {
        axes: int([2, 3]),
        coordinate_transformation_mode: string('half_pixel'),
        mode: string(method === 'nearest' ? 'nearest' : 'linear'),
        ...(method === 'nearest' ? { nearest_mode: string('round_prefer_ceil') } : {}),
      },
    }),
  );
  return { ...image, name, shape: joinShape(image.shape[0] ?? null, [height, width], channels, format) };
}

export function crop(layer: Layer, image: Value, [top, left]: Size, [height, width]: Size): Value {
  const format = dataFormat(layer.config);
  const { channels, spatial } = splitShape(layer, image, 2, format);
  if (spatial[0] === height && spatial[1] === width) return image;
  const name = layer.add(
    'Slice',
    [
      image.name,
      layer.ints('crop_starts', [top, left]),
      layer.ints('crop_ends', [top + height, left + width]),
      layer.ints('crop_axes', axesOf(format)),
    ],
    { suffix: 'crop' },
  );
  return { ...image, name, shape: joinShape(image.shape[0] ?? null, [height, width], channels, format) };
}

/** The largest part in the middle that has the aspect ratio of the target, then resized to it. */
export function cropAndResize(layer: Layer, image: Value, target: Size, method: string): Value {
  const [height, width] = imageSize(layer, image);
  const [toHeight, toWidth] = target;
  const cutHeight = Math.max(Math.min(height, Math.trunc((width * toHeight) / toWidth)), 1);
  const cutWidth = Math.max(Math.min(width, Math.trunc((height * toWidth) / toHeight)), 1);
  const start: Size = [Math.trunc((height - cutHeight) / 2), Math.trunc((width - cutWidth) / 2)];
  return resize(layer, crop(layer, image, start, [cutHeight, cutWidth]), target, method);
}

/** Borders around the image that give it the aspect ratio of the target, then resized to it. */
export function padAndResize(layer: Layer, image: Value, target: Size, method: string, fill: number): Value {
  const format = dataFormat(layer.config);
  const { channels } = splitShape(layer, image, 2, format);
  const [height, width] = imageSize(layer, image);
  const [toHeight, toWidth] = target;
  const rows = Math.max(height, Math.trunc((width * toHeight) / toWidth)) - height;
  const columns = Math.max(width, Math.trunc((height * toWidth) / toHeight)) - width;
  if (rows % 2 !== 0 || columns % 2 !== 0) {
    layer.refuse('it pads by an odd number of pixels, which releases of Keras 3 place differently');
  }
  if (rows === 0 && columns === 0) return resize(layer, image, target, method);
  const side = [rows / 2, columns / 2];
  const pads = layer.ints('borders', [...side, ...side]);
  const inputs = [image.name, pads, layer.number('fill', fill), layer.ints('crop_axes', axesOf(format))];
  const name = layer.add('Pad', inputs, { suffix: 'pad' });
  const shape = joinShape(image.shape[0] ?? null, [height + rows, width + columns], channels, format);
  return resize(layer, { ...image, name, shape }, target, method);
}

function axesOf(format: DataFormat): number[] {
  return format === 'channels_first' ? [2, 3] : [1, 2];
}
