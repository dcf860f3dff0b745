// https://keras.io/api/layers/pooling_layers/ (adaptive)
// As many windows per axis as asked for. Window i of n covers the elements from floor(i L / n) to ceil((i + 1) L / n).

import { int } from '../../../graph/attribute.ts';
import { int64 } from '../../../graph/tensor.ts';
import type { Layer, LayerFamily } from '../layer.ts';
import { dataFormat, joinShape, splitShape, withChannelsFirst } from '../spatial.ts';

type Row = { readonly isMax: boolean; readonly axes: number };

const ROWS: Readonly<Record<string, Row>> = {
  AdaptiveAveragePooling1D: { isMax: false, axes: 1 },
  AdaptiveAveragePooling2D: { isMax: false, axes: 2 },
  AdaptiveAveragePooling3D: { isMax: false, axes: 3 },
  AdaptiveMaxPooling1D: { isMax: true, axes: 1 },
  AdaptiveMaxPooling2D: { isMax: true, axes: 2 },
  AdaptiveMaxPooling3D: { isMax: true, axes: 3 },
};

export default {
  classNames: Object.keys(ROWS),
  lower(layer) {
    const { input, config, className } = layer;
    const { isMax, axes } = ROWS[className] ?? { isMax: true, axes: 2 };
    const format = dataFormat(config);
    const { spatial, channels } = splitShape(layer, input, axes, format);
    const lengths = spatial.map((length) =>
      typeof length === 'number' ? length : layer.refuse('it cuts axes of unknown length into windows'),
    );
    const target = config.sizes('output_size', axes, undefined);
    const shape = joinShape(input.shape[0] ?? null, target, channels, format);
    if (lengths.every((length, axis) => length % (target[axis] ?? 1) === 0)) {
      const kernel = int(lengths.map((length, axis) => length / (target[axis] ?? 1)));
      const name = withChannelsFirst(layer, input.name, axes + 2, format, (x) =>
        layer.add(isMax ? 'MaxPool' : 'AveragePool', [x], {
          attributes: { kernel_shape: kernel, strides: kernel },
        }),
      );
      return { ...input, name, shape };
    }
    // Windows of different lengths: axis by axis, as a window is the product of its sides.
    const first = format === 'channels_first' ? 2 : 1;
    const name = lengths.reduce(
      (x, length, axis) =>
        along(layer, x, axis, { at: axis + first, length, count: target[axis] ?? 1, isMax }),
      input.name,
    );
    return { ...input, name, shape };
  },
} satisfies LayerFamily;

type Axis = {
  readonly at: number;
  readonly length: number;
  readonly count: number;
  readonly isMax: boolean;
};

/** Gathers the elements of each window on an axis of its own, the last one repeated where a window is shorter. */
function along(layer: Layer, x: string, axis: number, { at, length, count, isMax }: Axis): string {
  if (length === count) return x;
  const windows = Array.from({ length: count }, (_, index) => {
    const start = Math.floor((index * length) / count);
    return { start, size: Math.ceil(((index + 1) * length) / count) - start };
  });
  const most = Math.max(...windows.map(({ size }) => size));
  const slots = Array.from({ length: most }, (_, slot) => slot);
  const places = windows.flatMap(({ start, size }) => slots.map((slot) => start + Math.min(slot, size - 1)));
  const indices = layer.constant(`windows_${axis}`, { ...int64(places), dims: [count, most] });
  const gathered = layer.add('Gather', [x, indices], {
    suffix: `gather_${axis}`,
    attributes: { axis: int(at) },
  });
  const reduced = layer.ints(`window_axis_${axis}`, [at + 1]);
  const attributes = { keepdims: int(0) };
  if (isMax) return layer.add('ReduceMax', [gathered, reduced], { suffix: `max_${axis}`, attributes });
  const shares = windows.flatMap(({ size }) => slots.map((slot) => (slot < size ? 1 / size : 0)));
  // The axes after the windows broadcast.
  const after = layer.inputs[0] === undefined ? 0 : layer.inputs[0].shape.length - at - 1;
  const weights = layer.numbers(`shares_${axis}`, shares, [count, most, ...new Array<number>(after).fill(1)]);
  const shared = layer.add('Mul', [gathered, weights], { suffix: `share_${axis}` });
  return layer.add('ReduceSum', [shared, reduced], { suffix: `mean_${axis}`, attributes });
}
