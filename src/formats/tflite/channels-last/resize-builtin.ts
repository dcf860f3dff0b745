// Which of TFLite's own resizing operators picks the places that a Resize of these lengths does, if one does.

import type { Build } from '../rewrite/build.ts';
import { type Axis, nearestOf } from './resize-axis.ts';

export type Builtin = {
  readonly opcode: 'RESIZE_BILINEAR' | 'RESIZE_NEAREST_NEIGHBOR';
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
};

export function flagsOf({ alignCorners, halfPixelCenters }: Builtin): Record<string, number> {
  return { alignCorners: alignCorners ? 1 : 0, halfPixelCenters: halfPixelCenters ? 1 : 0 };
}

/** For all these axes, whether of one image or tried one by one. undefined: none looks where the Resize does. */
export function builtinOf(build: Build, all: readonly Axis[], mode: string): Builtin | undefined {
  if (all.some(({ index, from, to, scale }) => index < 2 && (from !== to || scale !== 1))) return undefined;
  if (all.some(({ from, to, scale }) => Math.abs(to / from - scale) > 1e-6)) return undefined;
  if (mode === 'linear') return linearOf(build, all);
  if (mode !== 'nearest') return undefined;
  const wanted = all.map((axis) => nearestOf(axis, build));
  for (const [alignCorners, halfPixelCenters] of [
    [false, false],
    [false, true],
    [true, false],
  ] as const) {
    const fits = all.every((axis, at) => {
      const found = builtinNearest(axis, alignCorners, halfPixelCenters);
      return found.every((from, to) => from === wanted[at]?.[to]);
    });
    if (fits) return { opcode: 'RESIZE_NEAREST_NEIGHBOR', alignCorners, halfPixelCenters };
  }
  return undefined;
}

function linearOf(build: Build, axes: readonly Axis[]): Builtin | undefined {
  const transform = build.attribute('coordinate_transformation_mode', 'half_pixel');
  const antialias = build.attribute('antialias', 0) === 1;
  const isPlain = !antialias && build.attribute('exclude_outside', 0) === 0;
  // A result of one element is where the two kinds of half pixel differ.
  const isHalf =
    transform === 'half_pixel' || (transform === 'pytorch_half_pixel' && axes.every(({ to }) => to > 1));
  if (!isPlain || !(isHalf || transform === 'align_corners' || transform === 'asymmetric')) return undefined;
  return {
    opcode: 'RESIZE_BILINEAR',
    alignCorners: transform === 'align_corners',
    halfPixelCenters: isHalf,
  };
}

/** Where TFLite's kernel looks, in its 32-bit arithmetic. */
function builtinNearest({ from, to }: Axis, alignCorners: boolean, halfPixelCenters: boolean): number[] {
  const scale = Math.fround(alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to);
  const offset = halfPixelCenters ? 0.5 : 0;
  return Array.from({ length: to }, (_, at) => {
    const place = Math.fround(Math.fround(at + offset) * scale);
    const rounded = alignCorners ? Math.round(place) : Math.floor(place);
    return Math.max(0, Math.min(from - 1, rounded));
  });
}
