// Padding of sliding windows: ONNX gives numbers, TFLite only knows SAME and VALID.
// https://onnx.ai/onnx/operators/onnx__Conv.html, https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2

import type { Dim } from '../../../graph/model.ts';
import type { Build } from '../rewrite/build.ts';

export type Window = {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: 'SAME' | 'VALID';
  /** What has to be padded first, per spatial axis; undefined when nothing. */
  readonly explicit: Pads | undefined;
  /** Pads as ONNX means them, with what ceil_mode adds at the end; undefined: SAME over axes of unknown length. */
  readonly pads: Pads | undefined;
  /** How much of the end pads only ceil_mode asks for. */
  readonly overshoot: readonly number[];
};

export type Pads = { readonly begin: readonly number[]; readonly end: readonly number[] };

/** Reads the attributes of a Conv or pool whose spatial axes have these lengths. */
export function readWindow(build: Build, kernel: readonly number[], spatial: readonly Dim[]): Window {
  const ones = kernel.map(() => 1);
  const strides = build.attribute('strides', ones as readonly number[]);
  const dilations = build.attribute('dilations', ones as readonly number[]);
  const effective = kernel.map((size, axis) => (size - 1) * (dilations[axis] ?? 1) + 1);
  const given = { kernel, strides, dilations };
  const nothing = { begin: kernel.map(() => 0), end: kernel.map(() => 0) };
  const auto = build.attribute('auto_pad', 'NOTSET');
  const none = kernel.map(() => 0);
  const same = kernel.map((_, axis) =>
    samePads(spatial[axis] ?? null, effective[axis] ?? 1, strides[axis] ?? 1),
  );
  if (auto === 'VALID') {
    return { ...given, padding: 'VALID', explicit: undefined, pads: nothing, overshoot: none };
  }
  if (auto === 'SAME_UPPER') {
    const known = same.every((pad) => pad !== undefined);
    const pads = known
      ? { begin: same.map((pad) => pad?.begin ?? 0), end: same.map((pad) => pad?.end ?? 0) }
      : undefined;
    return { ...given, padding: 'SAME', explicit: undefined, pads, overshoot: none };
  }
  let pads: Pads = nothing;
  if (auto === 'SAME_LOWER') {
    pads = {
      begin: same.map((pad) => pad?.end ?? build.refuse('SAME_LOWER needs axes of known length')),
      end: same.map((pad) => pad?.begin ?? 0),
    };
  } else {
    const list = build.attribute('pads', [] as readonly number[]);
    if (list.length > 0) pads = { begin: list.slice(0, kernel.length), end: list.slice(kernel.length) };
  }
  const overshoot =
    build.attribute('ceil_mode', 0) === 1 ? ceilPads(build, spatial, effective, strides, pads) : none;
  pads = { begin: pads.begin, end: pads.end.map((pad, axis) => pad + (overshoot[axis] ?? 0)) };
  if ([...pads.begin, ...pads.end].every((pad) => pad === 0)) {
    return { ...given, padding: 'VALID', explicit: undefined, pads, overshoot };
  }
  const isSame = kernel.every((_, axis) => {
    const wanted = same[axis];
    const [begin = 0, end = 0] = [pads.begin[axis], pads.end[axis]];
    const length = spatial[axis];
    if (typeof length !== 'number')
      return wanted !== undefined && wanted.begin === begin && wanted.end === end;
    const stride = strides[axis] ?? 1;
    const count = Math.floor((length + begin + end - (effective[axis] ?? 1)) / stride) + 1;
    return count === Math.ceil(length / stride) && wanted?.begin === begin;
  });
  return {
    ...given,
    padding: isSame ? 'SAME' : 'VALID',
    explicit: isSame ? undefined : pads,
    pads,
    overshoot,
  };
}

/** What SAME pads; undefined when that depends on an unknown length. */
function samePads(
  length: Dim,
  effective: number,
  stride: number,
): { begin: number; end: number } | undefined {
  if (typeof length !== 'number' && stride !== 1) return effective === 1 ? { begin: 0, end: 0 } : undefined;
  const total =
    typeof length === 'number'
      ? Math.max((Math.ceil(length / stride) - 1) * stride + effective - length, 0)
      : effective - 1;
  const begin = Math.floor(total / 2);
  return { begin, end: total - begin };
}

function ceilPads(
  build: Build,
  spatial: readonly Dim[],
  effective: readonly number[],
  strides: readonly number[],
  pads: Pads,
): number[] {
  return effective.map((size, axis) => {
    const length = spatial[axis];
    const stride = strides[axis] ?? 1;
    if (stride === 1) return 0;
    if (typeof length !== 'number') return build.refuse('ceil_mode needs axes of known length');
    const [begin = 0, end = 0] = [pads.begin[axis], pads.end[axis]];
    let count = Math.ceil((length + begin + end - size) / stride) + 1;
    // The last window has to start inside the input or its front padding.
    if ((count - 1) * stride >= length + begin) count--;
    return Math.max(0, (count - 1) * stride + size - length - begin - end);
  });
}

/** ONNX Pad over the spatial axes of a channels-first value. */
export function padSpatial(build: Build, value: string, pads: Pads, fill?: string): string {
  const list = [0, 0, ...pads.begin, 0, 0, ...pads.end];
  return build.add('Pad', fill === undefined ? [value, build.ints(list)] : [value, build.ints(list), fill]);
}

export function toLast(rank: number): number[] {
  return [0, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 2), 1];
}

export function toFirst(rank: number): number[] {
  return [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 1)];
}
