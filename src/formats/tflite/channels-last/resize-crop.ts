// Resize of a region of an image, as TensorFlow's crop_and_resize: places outside the image are one number.
// https://onnx.ai/onnx/operators/onnx__Resize.html

import type { Build } from '../rewrite/build.ts';
import { boundedCount } from '../rewrite/formula.ts';
import { type Axis, coordinates, resizedAxes } from './resize-axis.ts';

export function isCrop(build: Build): boolean {
  return build.attribute('coordinate_transformation_mode', 'half_pixel') === 'tf_crop_and_resize';
}

/** The axes of which a region is taken; others stay as they are. */
export function croppedAxes(build: Build): Axis[] {
  const [source, target] = [build.shape(build.input(0)), build.shape(build.node.outputs[0] ?? '')];
  const listed = resizedAxes(build);
  const regions = build.tensor(1) ?? build.refuse('a region that is not constant');
  const scales = build.input(3) === '' ? build.tensor(2) : undefined;
  return listed.flatMap((index, at) => {
    const [from = null, to = null] = [source[index], target[index]];
    const roi = [Number(regions.data[at] ?? 0), Number(regions.data[at + listed.length] ?? 1)] as const;
    if (roi[0] === 0 && roi[1] === 1 && from !== null && from === to) return [];
    if (typeof from !== 'number' || typeof to !== 'number')
      return build.refuse('it resizes a region of an axis of unknown length');
    const scale = scales === undefined ? to / from : Number(scales.data[at]);
    return [{ index, from, to, scale, hasSizes: scales === undefined, roi }];
  });
}

/** The value with `extrapolation_value` at places outside the image. */
export function filledOutside(build: Build, value: string, axes: readonly Axis[]): string {
  const inside = axes.map((axis) =>
    coordinates(axis, build).map((place) => place >= 0 && place <= axis.from - 1),
  );
  if (inside.flat().every((is) => is)) return value;
  const rank = build.shape(build.input(0)).length;
  const dims = new Array<number>(rank).fill(1);
  for (const { index, to } of axes) dims[index] = to;
  const data = new Uint8Array(boundedCount(build, dims)).fill(1);
  let inner = 1;
  for (let axis = rank - 1; axis >= 0; axis--) {
    const length = dims[axis] ?? 1;
    const isInside = inside[axes.findIndex(({ index }) => index === axis)];
    for (let at = 0; isInside && at < data.length; at++) {
      if (!isInside[Math.floor(at / inner) % length]) data[at] = 0;
    }
    inner *= length;
  }
  const mask = build.constant({ dtype: 'bool', dims, data }, 'inside');
  return build.add('Where', [mask, value, build.number(build.attribute('extrapolation_value', 0))]);
}
