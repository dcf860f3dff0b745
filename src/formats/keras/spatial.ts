// Windows that slide over the axes between batch and channels: where padding goes and how long the result is.
// https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2

import { int, string } from '../../graph/attribute.ts';
import type { Attribute, Dim, Shape } from '../../graph/model.ts';
import type { LayerConfig } from './config.ts';
import type { Layer, Value } from './layer.ts';

export type DataFormat = 'channels_last' | 'channels_first';

export type Window = {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: 'valid' | 'same' | 'causal';
};

type Attributes = Readonly<Record<string, Attribute>>;

export function dataFormat(config: LayerConfig): DataFormat {
  return config.word('data_format', ['channels_last', 'channels_first'], 'channels_last');
}

/** Lengths of the spatial axes and of the channel axis of a value with `axes` spatial axes. */
export function splitShape(
  layer: Layer,
  value: Value,
  axes: number,
  format: DataFormat,
): { spatial: readonly Dim[]; channels: Dim } {
  if (value.shape.length !== axes + 2) {
    layer.fail(`its input has ${value.shape.length} axes where ${axes + 2} are expected`);
  }
  return format === 'channels_first'
    ? { spatial: value.shape.slice(2), channels: value.shape[1] ?? null }
    : { spatial: value.shape.slice(1, -1), channels: value.shape.at(-1) ?? null };
}

export function joinShape(batch: Dim, spatial: readonly Dim[], channels: Dim, format: DataFormat): Shape {
  return format === 'channels_first' ? [batch, channels, ...spatial] : [batch, ...spatial, channels];
}

/** Runs `work` with the channels on axis 1, where ONNX has them, and puts its result back in the layer's own layout. */
export function withChannelsFirst(
  layer: Layer,
  input: string,
  rank: number,
  format: DataFormat,
  work: (input: string) => string,
): string {
  if (format === 'channels_first' || rank < 3) return work(input);
  const result = work(toChannelsFirst(layer, input, rank));
  return toChannelsLast(layer, result, rank);
}

export function toChannelsFirst(layer: Layer, input: string, rank: number): string {
  const spatial = Array.from({ length: rank - 2 }, (_, index) => index + 1);
  const perm = int([0, rank - 1, ...spatial]);
  return layer.add('Transpose', [input], { suffix: 'to_channels_first', attributes: { perm } });
}

export function toChannelsLast(layer: Layer, input: string, rank: number): string {
  const spatial = Array.from({ length: rank - 2 }, (_, index) => index + 2);
  const perm = int([0, ...spatial, 1]);
  return layer.add('Transpose', [input], { suffix: 'to_channels_last', attributes: { perm } });
}

/** Padding attributes of Conv and the pooling operators, and the lengths that come out. */
export function slide(
  layer: Layer,
  spatial: readonly Dim[],
  window: Window,
): { attributes: Attributes; output: Dim[] } {
  const output = spatial.map((length, axis) => outputLength(layer, length, window, axis));
  const { padding, strides } = window;
  // How much is padded depends on the length unless the window moves one step at a time.
  const isUnknown = spatial.some((length, axis) => typeof length !== 'number' && strides[axis] !== 1);
  if (padding === 'same' && isUnknown) return { attributes: { auto_pad: string('SAME_UPPER') }, output };
  const pairs = spatial.map((length, axis) => pads(length, window, axis));
  const before = pairs.map(([first]) => first);
  const after = pairs.map(([, second]) => second);
  const isPadded = [...before, ...after].some((pad) => pad > 0);
  return { attributes: isPadded ? { pads: int([...before, ...after]) } : {}, output };
}

function reach(window: Window, axis: number): number {
  return ((window.kernel[axis] ?? 1) - 1) * (window.dilations[axis] ?? 1) + 1;
}

function outputLength(layer: Layer, length: Dim, window: Window, axis: number): Dim {
  const stride = window.strides[axis] ?? 1;
  const isFull = window.padding !== 'valid';
  if (typeof length !== 'number') {
    return isFull && stride === 1 ? length : layer.symbol(`length${axis}`);
  }
  if (isFull) return Math.ceil(length / stride);
  const room = length - reach(window, axis);
  if (room < 0) {
    layer.fail(`its window of ${reach(window, axis)} does not fit into an axis of length ${length}`);
  }
  return Math.floor(room / stride) + 1;
}

function pads(length: Dim, window: Window, axis: number): [before: number, after: number] {
  const stride = window.strides[axis] ?? 1;
  if (window.padding === 'valid') return [0, 0];
  if (window.padding === 'causal') return [reach(window, axis) - 1, 0];
  const whole = typeof length === 'number' ? (Math.ceil(length / stride) - 1) * stride - length : -1;
  const total = Math.max(whole + reach(window, axis), 0);
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}
