// https://www.tensorflow.org/versions/r2.15/api_docs/python/tf/keras/layers/LocallyConnected2D (gone from Keras 3)
// A convolution with another kernel at every position: the windows are gathered, then multiplied one by one.

import { string } from '../../../graph/attribute.ts';
import { reshape } from '../../../graph/rearrange.ts';
import { int64 } from '../../../graph/tensor.ts';
import { kernelAndBias, type Layer, type LayerFamily } from '../layer.ts';
import { type DataFormat, dataFormat, joinShape, splitShape } from '../spatial.ts';

const AXES: Readonly<Record<string, number>> = { LocallyConnected1D: 1, LocallyConnected2D: 2 };
const MOST_PLACES = 2 ** 20;

export default {
  classNames: Object.keys(AXES),
  weights: (config) => kernelAndBias(config),
  problem(config) {
    const implementation = config.integer('implementation', 1);
    if (implementation !== 1) {
      return `implementation ${implementation} keeps its kernel as one large matrix, mostly of zeros`;
    }
    const padding = config.string('padding', 'valid');
    return padding === 'valid' ? undefined : `padding ${padding} is not defined for this implementation`;
  },
  lower(layer) {
    const { input, config, className } = layer;
    for (const key of ['implementation', 'padding']) config.get(key);
    const axes = AXES[className] ?? 2;
    const format = dataFormat(config);
    const { spatial, channels } = splitShape(layer, input, axes, format);
    if (typeof channels !== 'number') return layer.fail('the number of its input channels is not known');
    const lengths = spatial.map((length) =>
      typeof length === 'number' ? length : layer.fail('the length of its input is not known'),
    );
    const filters = config.integer('filters', undefined);
    const kernel = config.sizes('kernel_size', axes, undefined);
    const strides = config.sizes('strides', axes, 1);
    const output = lengths.map((length, axis) => {
      const room = length - (kernel[axis] ?? 1);
      return room < 0 ? layer.fail('its window does not fit') : Math.floor(room / (strides[axis] ?? 1)) + 1;
    });
    const positions = output.reduce((product, length) => product * length, 1);
    const features = kernel.reduce((product, size) => product * size, channels);
    if (positions * features > MOST_PLACES)
      layer.refuse(`its windows have ${positions * features} elements together`);
    const places = windowPlaces({ lengths, channels, kernel, strides, output, format });
    const flat = layer.add('Reshape', [input.name, layer.ints('flat_shape', [0, -1])], { suffix: 'flat' });
    const indices = layer.constant('places', { ...int64(places), dims: [positions, features] });
    const windows = layer.add('Gather', [flat, indices], {
      suffix: 'windows',
      attributes: { axis: { type: 'int', value: 1 } },
    });
    const weights = layer.parameter('kernel', [positions, features, filters]);
    const isFirst = format === 'channels_first';
    const product = layer.add('Einsum', [windows, weights.name], {
      suffix: 'product',
      attributes: { equation: string(isFirst ? 'blk,lkf->bfl' : 'blk,lkf->blf') },
    });
    const shape = joinShape(input.shape[0] ?? null, output, filters, format);
    const target = layer.ints('target_shape', [0, ...shape.slice(1).map(Number)]);
    const hasBias = config.boolean('use_bias', true);
    let name = layer.add('Reshape', [product, target], hasBias ? { suffix: 'placed' } : {});
    if (hasBias)
      name = layer.add('Add', [name, bias(layer, [...output, filters], shape.slice(1).map(Number))]);
    return layer.activate({ ...input, name, dtype: layer.dtype, shape }, config.get('activation'));
  },
} satisfies LayerFamily;

type Windows = {
  readonly lengths: readonly number[];
  readonly channels: number;
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly output: readonly number[];
  readonly format: DataFormat;
};

/** Where in a flat sample each element of each window lies, in the order Keras flattens a window. */
function windowPlaces({ lengths, channels, kernel, strides, output, format }: Windows): number[] {
  const isFirst = format === 'channels_first';
  const all = everyIndex([...output, ...(isFirst ? [channels, ...kernel] : [...kernel, channels])]);
  const axes = lengths.length;
  return all.map((index) => {
    const inside = index.slice(axes);
    const channel = (isFirst ? inside[0] : inside[axes]) ?? 0;
    const offsets = isFirst ? inside.slice(1) : inside;
    const place = lengths.reduce(
      (sum, length, axis) => sum * length + (index[axis] ?? 0) * (strides[axis] ?? 1) + (offsets[axis] ?? 0),
      0,
    );
    const size = lengths.reduce((product, length) => product * length, 1);
    return isFirst ? channel * size + place : place * channels + channel;
  });
}

function everyIndex(dims: readonly number[]): number[][] {
  return dims.reduce<number[][]>(
    (list, dim) => list.flatMap((index) => Array.from({ length: dim }, (_, next) => [...index, next])),
    [[]],
  );
}

/** Keras stores (positions…, filters) and, under channels_first, reads the same numbers as (filters, positions…). */
function bias(layer: Layer, stored: readonly number[], wanted: readonly number[]): string {
  const isKeras1First = layer.dialect.major === 1 && stored.at(-1) !== wanted.at(-1);
  const dims = isKeras1First ? wanted : stored;
  return layer.parameter('bias', dims, (tensor) => reshape(tensor, wanted)).name;
}
