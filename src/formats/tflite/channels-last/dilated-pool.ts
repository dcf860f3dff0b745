// Pools that TFLite's own cannot say, axis by axis: a window is a product of intervals, so what is largest in it is the
// largest along one axis of what is largest along the others, and sums go likewise.
//
//   1. The element `k` of all windows along an axis is one strided slice; windows of 5 × 5 × 5 take 15 of them.
//   2. Where the largest was: numbers of elements are sliced beside the elements, and follow the larger one. Of
//      equal ones the first row's stays, so rows are the last axis to go through.

import type { Build } from '../rewrite/build.ts';
import { boundedCount, cast, formula, slice } from '../rewrite/formula.ts';
import { padSpatial, type Window } from './window.ts';

export const LOWEST = -3.4028234663852886e38;

/** Slices of one pool; each is an operator or more. */
const MOST_SLICES = 256;

/** The largest element of each window, or the sum of its elements, padded by zeros. */
export function pooledByAxis(build: Build, x: string, window: Window, isMax: boolean): string {
  const { plus, most } = formula(build, 'float32');
  let value = padded(build, x, window, isMax);
  for (const [axis, cut] of cuts(build, window).entries()) {
    const [first = '', ...rest] = cut.map(([from, to, step]) =>
      slice(build, value, axis + 2, from, to, step),
    );
    value = isMax ? most(first, ...rest) : plus(first, ...rest);
  }
  return value;
}

/** The largest element of each window and its number in the whole input. */
export function largestAndPlaces(build: Build, x: string, window: Window): [string, string] {
  const shape = build.fixed(x);
  if (build.dtype(x) !== 'float32') build.refuse('the places of the maxima of whole numbers');
  const [batch = 1, channels = 1, ...spatial] = shape;
  const { most, is, where } = formula(build, 'float32');
  const { plus } = formula(build, 'int32');
  const inner = boundedCount(build, spatial);
  const isColumnMajor = build.attribute('storage_order', 0) === 1;
  const numbers = Int32Array.from({ length: inner }, (_, at) =>
    isColumnMajor ? fromColumns(at, spatial) : at,
  );
  let value = padded(build, x, window, true);
  let place = build.constant({ dtype: 'int32', dims: [1, 1, ...spatial], data: numbers }, 'places');
  if (isPadded(window) && window.pads) {
    const nothing = build.constant({ dtype: 'int32', dims: [], data: Int32Array.of(0) });
    place = padSpatial(build, place, window.pads, nothing);
  }
  for (const [axis, cut] of [...cuts(build, window).entries()].reverse()) {
    const parts = cut.map(([from, to, step]) => ({
      value: slice(build, value, axis + 2, from, to, step),
      place: slice(build, place, axis + 2, from, to, step),
    }));
    const best = parts.reduce((left, right) => ({
      value: most(left.value, right.value),
      place: where(is(right.value, 'Greater', left.value), right.place, left.place),
    }));
    value = best.value;
    place = best.place;
  }
  const starts = Int32Array.from({ length: boundedCount(build, [batch, channels]) }, (_, at) => at * inner);
  const dims = [batch, channels, ...spatial.map(() => 1)];
  const whole = plus(place, build.constant({ dtype: 'int32', dims, data: starts }, 'starts'));
  return [value, cast(build, whole, 'int64')];
}

const isPadded = ({ pads }: Window) =>
  [...(pads?.begin ?? []), ...(pads?.end ?? [])].some((pad) => pad !== 0);

function padded(build: Build, x: string, window: Window, isMax: boolean): string {
  const pads = window.pads ?? build.refuse('padding of axes of unknown length');
  if (!isPadded(window)) return x;
  return padSpatial(build, x, pads, isMax ? build.number(LOWEST) : undefined);
}

/** For each axis, the slices that hold one element of every window. */
function cuts(build: Build, { kernel, strides, dilations }: Window): [number, number, number][][] {
  const count = kernel.reduce((sum, size) => sum + size, 0);
  if (count > MOST_SLICES) build.refuse(`windows of ${kernel.join(' × ')} elements`);
  const sizes = build.shape(build.node.outputs[0] ?? '').slice(2);
  return kernel.map((length, axis) => {
    const size = sizes[axis];
    if (typeof size !== 'number') return build.refuse('such windows over axes of unknown length');
    const stride = strides[axis] ?? 1;
    return Array.from({ length }, (_, at) => {
      const start = at * (dilations[axis] ?? 1);
      return [start, start + (size - 1) * stride + 1, stride];
    });
  });
}

/** The number of an element when the first axis is counted through first. */
function fromColumns(at: number, spatial: readonly number[]): number {
  let rest = at;
  const index = [...spatial].reverse().map((length) => {
    const here = rest % length;
    rest = Math.floor(rest / length);
    return here;
  });
  return index.reduce((sum, here, axis) => sum * (spatial[spatial.length - 1 - axis] ?? 1) + here, 0);
}
