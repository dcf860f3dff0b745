// One axis of a Resize: which elements each place of the result is made from.
// https://github.com/onnx/onnx/blob/main/docs/Operators.md#resize

import type { Build } from '../rewrite/build.ts';
import { boundedCount } from '../rewrite/formula.ts';

export type Axis = {
  readonly index: number;
  readonly from: number;
  readonly to: number;
  readonly scale: number;
  readonly hasSizes: boolean;
  readonly roi: readonly [start: number, end: number];
};

/** The axes that sizes and scales are stated for, in their order. */
export function resizedAxes(build: Build): number[] {
  const all = build.shape(build.input(0)).map((_, axis) => axis);
  const listed = build.attribute('axes', undefined as readonly number[] | undefined);
  return listed?.map((axis) => build.axis(axis, all.length)) ?? all;
}

/** The coordinate in the source of every place of the result. */
export function coordinates(axis: Axis, build: Build): number[] {
  const mode = build.attribute('coordinate_transformation_mode', 'half_pixel');
  const { from, to, scale, roi } = axis;
  const length = axis.hasSizes ? to : scale * from;
  return Array.from({ length: boundedCount(build, [to]) }, (_, at) => {
    switch (mode) {
      case 'half_pixel':
        return (at + 0.5) / scale - 0.5;
      case 'pytorch_half_pixel':
        return length > 1 ? (at + 0.5) / scale - 0.5 : 0;
      case 'align_corners':
        return length > 1 ? (at * (from - 1)) / (length - 1) : 0;
      case 'asymmetric':
        return at / scale;
      case 'half_pixel_symmetric': {
        const adjustment = to / length;
        const center = from / 2;
        return center * (1 - adjustment) + (at + 0.5) / scale - 0.5;
      }
      case 'tf_crop_and_resize':
        return length > 1
          ? roi[0] * (from - 1) + (at * (roi[1] - roi[0]) * (from - 1)) / (length - 1)
          : 0.5 * (roi[0] + roi[1]) * (from - 1);
      default:
        return build.refuse(`coordinate_transformation_mode ${mode}`);
    }
  });
}

export function nearestOf(axis: Axis, build: Build): number[] {
  const rounding = build.attribute('nearest_mode', 'round_prefer_floor');
  return coordinates(axis, build).map((place) => {
    const low = Math.floor(place);
    const rest = place - low;
    const isUp =
      rounding === 'ceil'
        ? rest > 0
        : rounding === 'floor'
          ? false
          : rounding === 'round_prefer_ceil'
            ? rest >= 0.5
            : rest > 0.5;
    return Math.max(0, Math.min(axis.from - 1, low + (isUp ? 1 : 0)));
  });
}

/** to × from weights, row-major. */
export function matrixOf(axis: Axis, mode: string, build: Build): Float32Array {
  const { from, to } = axis;
  const isAntialiased = build.attribute('antialias', 0) === 1;
  const isOutsideLeftOut = build.attribute('exclude_outside', 0) === 1;
  if (mode !== 'linear' && mode !== 'cubic') return build.refuse(`mode ${mode}`);
  const a = Number(build.node.attributes.get('cubic_coeff_a')?.value ?? -0.75);
  const stretch = isAntialiased ? Math.max(1, 1 / axis.scale) : 1;
  const reach = (mode === 'linear' ? 1 : 2) * stretch;
  const matrix = new Float32Array(boundedCount(build, [from, to]));
  for (const [at, place] of coordinates(axis, build).entries()) {
    const first = Math.floor(place - reach) + 1;
    const last = Math.ceil(place + reach) - 1;
    const weights: [index: number, weight: number][] = [];
    let sum = 0;
    for (let index = first; index <= last; index++) {
      if (isOutsideLeftOut && (index < 0 || index >= from)) continue;
      const distance = Math.abs(place - index) / stretch;
      const weight = mode === 'linear' ? Math.max(0, 1 - distance) : cubic(distance, a);
      weights.push([Math.max(0, Math.min(from - 1, index)), weight]);
      sum += weight;
    }
    for (const [index, weight] of weights) {
      const slot = at * from + index;
      matrix[slot] = (matrix[slot] ?? 0) + weight / sum;
    }
  }
  return matrix;
}

/** https://ieeexplore.ieee.org/document/1163711 */
function cubic(distance: number, a: number): number {
  if (distance <= 1) return (a + 2) * distance ** 3 - (a + 3) * distance ** 2 + 1;
  if (distance < 2) return a * distance ** 3 - 5 * a * distance ** 2 + 8 * a * distance - 4 * a;
  return 0;
}
