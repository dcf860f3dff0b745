// Windows that slide over the axes between batch and channels: where padding goes.
// https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2

import { int, string } from '../../../graph/attribute.ts';
import type { Attribute, Shape } from '../../../graph/model.ts';
import type { OperatorView } from './definition.ts';

export type Window = {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
};

/** Strides and dilations as options name them, one letter per spatial axis. */
export function readWindow(op: OperatorView, axes: string, kernel: readonly number[]): Window {
  const letters = axes.split('');
  const read = (name: (letter: string) => string, fallback?: number) =>
    letters.map((letter) => positive(op, name(letter), fallback));
  return {
    kernel,
    strides: read((letter) => `stride${letter}`),
    dilations: read((letter) => `dilation${letter}Factor`, 1),
  };
}

export function positive(op: OperatorView, option: string, fallback?: number): number {
  const value = op.int(option, fallback);
  return value >= 1 && value < 2 ** 31 ? value : op.fail(`its option ${option} is ${value}`);
}

/** The lengths of the spatial axes of an input with the channels last. */
export function spatialOf(op: OperatorView, shape: Shape, axes: number): Shape {
  if (shape.length !== axes + 2) op.fail(`its input has ${shape.length} axes where ${axes + 2} are expected`);
  return shape.slice(1, -1);
}

/** Padding attributes of Conv and the pooling operators. */
export function padding(
  op: OperatorView,
  spatial: Shape,
  window: Window,
): Readonly<Record<string, Attribute>> {
  if (op.word('padding') === 'VALID') return {};
  // How much is padded depends on the length unless the window moves one step at a time.
  const isUnknown = spatial.some((length, axis) => typeof length !== 'number' && window.strides[axis] !== 1);
  return isUnknown ? { auto_pad: string('SAME_UPPER') } : windowPads(spatial, window);
}

/** Padding of the kind SAME: as many results as strides fit, the odd element behind. */
export function windowPads(spatial: Shape, window: Window): Readonly<Record<string, Attribute>> {
  const totals = spatial.map((length, axis) => total(length, window, axis));
  const before = totals.map((pad) => Math.floor(pad / 2));
  const after = totals.map((pad, axis) => pad - (before[axis] ?? 0));
  return totals.some((pad) => pad > 0) ? { pads: int([...before, ...after]) } : {};
}

function total(length: Shape[number], { kernel, strides, dilations }: Window, axis: number): number {
  const stride = strides[axis] ?? 1;
  const reach = ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
  const whole = typeof length === 'number' ? (Math.ceil(length / stride) - 1) * stride - length : -1;
  return Math.max(whole + reach, 0);
}

export function windowAttributes(window: Window): Readonly<Record<string, Attribute>> {
  return {
    kernel_shape: int(window.kernel),
    strides: int(window.strides),
    dilations: int(window.dilations),
  };
}
