// Reads a layer's config where Keras allows one number for every axis, and computes output lengths.

import type { Config, Shape } from '../custom-layers.ts';

/** `rank` numbers: a single one stands for all of them. */
export function numbers(value: unknown, rank: number, fallback = 1): number[] {
  if (Array.isArray(value)) return value.map(Number);
  return new Array<number>(rank).fill(typeof value === 'number' ? value : fallback);
}

/** `rank` pairs before/after: from `n`, `[a, b]` (one axis: a pair; more: symmetric per axis) or `[[a, b], …]`. */
export function pairs(value: unknown, rank: number): [number, number][] {
  if (typeof value === 'number') return Array.from({ length: rank }, () => [value, value]);
  if (!Array.isArray(value)) return Array.from({ length: rank }, () => [1, 1]);
  if (value.every(Array.isArray)) return value.map((pair) => [Number(pair[0]), Number(pair[1])]);
  if (rank === 1) return [[Number(value[0]), Number(value[1] ?? value[0])]];
  return value.map((each) => [Number(each), Number(each)]);
}

export function isChannelsFirst(config: Config): boolean {
  return config.dataFormat === 'channelsFirst' || config.dataFormat === 'channels_first';
}

/** Axes between batch and channels. */
export function spatialAxes(rank: number, config: Config): number[] {
  const first = isChannelsFirst(config) ? 2 : 1;
  return Array.from({ length: rank - 2 }, (_, at) => first + at);
}

/** The shape with each spatial length replaced; unknown ones stay unknown. */
export function mapSpatial(
  shape: Shape,
  config: Config,
  length: (length: number, at: number) => number,
): Shape {
  const axes = spatialAxes(shape.length, config);
  return shape.map((dim, axis) => {
    const at = axes.indexOf(axis);
    return at < 0 || dim === null ? dim : length(dim, at);
  });
}

/** A negative axis counts from the end. */
export function positive(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** The input of a layer that has one. */
export function first<T>(inputs: readonly T[]): T {
  const [x] = inputs;
  if (x === undefined) throw new Error('a layer without input');
  return x;
}
