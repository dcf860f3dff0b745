// Resize over axes of unknown length: TFLite's own operator is told the size when the model runs. It has to pick the right
// places for every length there can be, which is tried for many.

import type { Dim } from '../../../graph/model.ts';
import { tensorType } from '../../../graph/model.ts';
import type { Build } from '../rewrite/build.ts';
import { type Axis, resizedAxes } from './resize-axis.ts';
import { type Builtin, builtinOf, flagsOf } from './resize-builtin.ts';
import { toFirst, toLast } from './window.ts';

/** Lengths of a resized axis to try; the long ones are where 32-bit arithmetic would show. */
const LENGTHS = [...Array.from({ length: 33 }, (_, at) => at + 1), 63, 64, 100, 127, 128, 255, 257, 1000];
/** As many for an axis that is resized to any length. */
const PAIRED = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 25, 28, 31, 32, 49, 50, 64, 100];

/** Whether an axis that is resized has an unknown length before or after. */
export function isOpen(build: Build): boolean {
  return targetsOf(build).some(({ from, to, times }) => {
    if (times === 1 || (times === undefined && from !== null && from === to)) return false;
    return typeof from !== 'number' || typeof to !== 'number';
  });
}

/** One axis: `times` its length, or to any length. */
type Target = { readonly from: Dim; readonly to: Dim; readonly times: number | undefined };

/** Of all axes of what is resized. */
function targetsOf(build: Build): Target[] {
  const source = build.shape(build.input(0));
  const result = build.shape(build.node.outputs[0] ?? '');
  const where = resizedAxes(build);
  const scales = build.input(3) === '' ? build.tensor(2) : undefined;
  return source.map((from, axis) => {
    const place = where.indexOf(axis);
    const times = place < 0 ? 1 : scales && Number(scales.data[place]);
    return { from, to: result[axis] ?? null, times };
  });
}

export function resizeOpen(build: Build): string {
  const [x = ''] = build.node.inputs;
  const { dtype, shape } = build.type(build.node.outputs[0] ?? '');
  const source = build.shape(x);
  const rank = source.length;
  const targets = targetsOf(build);
  if (rank !== 3 && rank !== 4) return build.refuse(`it resizes axes of unknown length, of ${rank - 2}`);
  if (targets.slice(0, 2).some(({ from, to, times }) => times !== 1 && (from === null || from !== to)))
    return build.refuse('it resizes batch or channels of unknown length');
  const spatial = targets.slice(2);
  const isComputed = build.input(3) !== '';
  const builtin = isComputed ? forAllSizes(build, spatial) : forAllLengths(build, spatial);
  if (builtin === undefined)
    return build.refuse('it resizes an axis of unknown length to places TFLite does not pick');
  const result = [shape?.[0] ?? null, ...(shape?.slice(2) ?? []), source[1] ?? null];
  const last = build.transpose(x, toLast(rank));
  const flags = flagsOf(builtin);
  if (rank === 4) {
    const made = isComputed
      ? build.tflite(builtin.opcode, [last, sizesOf(build)], flags, tensorType(dtype, result))
      : build.tflite(
          builtin.opcode,
          [last],
          { ...flags, times: timesOf(spatial) },
          tensorType(dtype, result),
        );
    return build.transpose(made, toFirst(4));
  }
  const type = tensorType(dtype, result.toSpliced(1, 0, 1));
  const wide = build.add('Unsqueeze', [last, build.ints([1])]);
  const size = isComputed ? build.add('Concat', [build.ints([1]), sizesOf(build)], { axis: 0 }) : undefined;
  const made =
    size === undefined
      ? build.tflite(builtin.opcode, [wide], { ...flags, times: [1, ...timesOf(spatial)] }, type)
      : build.tflite(builtin.opcode, [wide, size], flags, type);
  return build.transpose(build.add('Squeeze', [made, build.ints([1])]), toFirst(3));
}

function timesOf(targets: readonly Target[]): number[] {
  return targets.map(({ times = 1 }) => times);
}

/** By whole numbers: otherwise how far a Resize steps is not quite what its size says. */
function forAllLengths(build: Build, targets: readonly Target[]): Builtin | undefined {
  const scales = timesOf(targets);
  if (build.tensor(2) === undefined) return build.refuse('scales that are not constant');
  const broken = scales.find((scale) => !Number.isInteger(scale));
  if (broken !== undefined) return build.refuse(`it resizes an axis of unknown length by ${broken}`);
  const changed = targets.flatMap(({ times = 1 }, at) => (times === 1 ? [] : [{ index: at + 2, times }]));
  return tried(
    build,
    changed.flatMap(({ index, times }) =>
      LENGTHS.map((from) => ({ index, from, to: from * times, scale: times, hasSizes: false })),
    ),
  );
}

/** To sizes that are computed, or given for an input of any size. */
function forAllSizes(build: Build, targets: readonly Target[]): Builtin | undefined {
  if (build.attribute('keep_aspect_ratio_policy', 'stretch') !== 'stretch')
    return build.refuse('it keeps the aspect ratio of an image of unknown size');
  // The same words in both, and 32 bits in both: where a place comes to a whole number, rounding may still part them.
  const isFloor = build.attribute('nearest_mode', 'round_prefer_floor') === 'floor';
  const isAsymmetric = build.attribute('coordinate_transformation_mode', 'half_pixel') === 'asymmetric';
  if (build.attribute('mode', 'nearest') === 'nearest' && isFloor && isAsymmetric)
    return { opcode: 'RESIZE_NEAREST_NEIGHBOR', alignCorners: false, halfPixelCenters: false };
  const lengths = (dim: Dim | undefined) => (typeof dim === 'number' ? [dim] : PAIRED);
  return tried(
    build,
    targets.flatMap((target, at) =>
      lengths(target.from).flatMap((from) =>
        lengths(target.to).map((to) => ({ index: at + 2, from, to, scale: to / from, hasSizes: true })),
      ),
    ),
  );
}

function tried(build: Build, axes: readonly Omit<Axis, 'roi'>[]): Builtin | undefined {
  const whole = axes.map((axis) => ({ ...axis, roi: [0, 1] as const }));
  return builtinOf(build, whole, build.attribute('mode', 'nearest'));
}

/** The spatial sizes, a vector. */
function sizesOf(build: Build): string {
  const rank = build.shape(build.input(0)).length;
  const axes = resizedAxes(build);
  const places = Array.from({ length: rank - 2 }, (_, at) => axes.indexOf(at + 2));
  if (places.includes(-1)) return build.refuse('it resizes one axis of several to a computed size');
  return build.add('Gather', [build.input(3), build.ints(places)], { axis: 0 });
}
