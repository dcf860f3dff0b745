// The int32 tensor that tells an operator the shape to make: a constant where possible; otherwise open axes are read off
// the shapes of other tensors.

import type { Shape } from '../../../graph/model.ts';
import type { Emission } from './emission.ts';

/** `mayInfer`: one axis may be −1, as RESHAPE takes it. */
export function shapeTensor(
  emission: Emission,
  target: Shape,
  sources: readonly number[],
  mayInfer: boolean,
): number {
  const open = target.filter((dim) => typeof dim !== 'number');
  if (open.length === 0) return emission.int32(target as readonly number[], `${emission.node?.name}/shape`);
  if (mayInfer && open.length === 1 && !target.includes(0)) {
    return emission.int32(
      target.map((dim) => (typeof dim === 'number' ? dim : -1)),
      `${emission.node?.name}/shape`,
    );
  }
  const whole = sources.find((source) => {
    const { shape } = emission.tensor(source);
    return (
      shape?.length === target.length && shape.every((dim, axis) => dim !== null && dim === target[axis])
    );
  });
  if (whole !== undefined) return shapeOf(emission, whole);
  const lengths = target.map((dim): Length => {
    if (typeof dim === 'number') return dim;
    const found = dim === null ? undefined : axisOf(emission, dim, sources);
    return found ?? emission.refuse('the size of its result is known only when the model runs');
  });
  return packLengths(emission, lengths);
}

/** A number, or so many times the length of an axis of a tensor. */
export type Length = number | { readonly tensor: number; readonly axis: number; readonly times?: number };

type Run = { readonly tensor: number; readonly from: number; readonly times: number[] } | number[];

/**
 * Lengths as one int32 tensor. By SHAPE, STRIDED_SLICE, MUL and CONCATENATION alone, which LiteRT works out while it loads
 * a file: what has its size from others (PACK, ADD, CAST …) is found out during the run, and so is all that follows.
 */
export function packLengths(emission: Emission, lengths: readonly Length[]): number {
  const runs: Run[] = [];
  for (const length of lengths) {
    const last = runs.at(-1);
    const known = typeof length === 'number' ? length : emission.tensor(length.tensor).shape?.[length.axis];
    if (typeof length === 'number' || typeof known === 'number') {
      const value = Number(known) * (typeof length === 'number' ? 1 : (length.times ?? 1));
      if (Array.isArray(last)) last.push(value);
      else runs.push([value]);
      continue;
    }
    const { tensor, axis, times = 1 } = length;
    const isNext =
      last && !Array.isArray(last) && last.tensor === tensor && last.from + last.times.length === axis;
    if (isNext) last.times.push(times);
    else runs.push({ tensor, from: axis, times: [times] });
  }
  const parts = runs.map((run) => (Array.isArray(run) ? emission.int32(run) : lengthsOf(emission, run)));
  if (parts.length === 1) return parts[0] ?? -1;
  const like = { dtype: 'int32', shape: [lengths.length], name: 'shape' } as const;
  return emission.make('CONCATENATION', parts, like, { axis: 0 });
}

function lengthsOf(emission: Emission, { tensor, from, times }: Exclude<Run, number[]>): number {
  const like = { dtype: 'int32', shape: [times.length], name: 'lengths' } as const;
  const given = pick(emission, shapeOf(emission, tensor), from, from + times.length);
  if (times.every((factor) => factor === 1)) return given;
  return emission.make('MUL', [given, emission.int32(times)], like);
}

/** Elements `from … to - 1` of a vector of int32. */
export function pick(emission: Emission, vector: number, from: number, to: number): number {
  if (from === 0 && emission.tensor(vector).shape?.[0] === to) return vector;
  return emission.make(
    'STRIDED_SLICE',
    [vector, emission.int32([from]), emission.int32([to]), emission.int32([1])],
    { dtype: 'int32', shape: [to - from], name: 'lengths' },
    { shrinkAxisMask: 0 },
  );
}

export function shapeOf(emission: Emission, tensor: number): number {
  const rank = emission.tensor(tensor).shape?.length ?? null;
  const like = { dtype: 'int32', shape: [rank], name: 'shape_of' } as const;
  return emission.once(`shape ${tensor}`, () => emission.make('SHAPE', [tensor], like, { outType: 'INT32' }));
}

/** The length of one axis as an int32 scalar. */
export function axisLength(emission: Emission, tensor: number, axis: number): number {
  const known = emission.tensor(tensor).shape?.[axis];
  if (typeof known === 'number') return emission.int32(known);
  return element(emission, shapeOf(emission, tensor), axis);
}

/** One element of a vector of int32, as a scalar. */
export function element(emission: Emission, vector: number, at: number): number {
  return emission.make(
    'STRIDED_SLICE',
    [vector, emission.int32([at]), emission.int32([at + 1]), emission.int32([1])],
    { dtype: 'int32', shape: [], name: 'length' },
    { shrinkAxisMask: 1 },
  );
}

function axisOf(emission: Emission, symbol: string, sources: readonly number[]): Length | undefined {
  for (const tensor of sources) {
    const axis = emission.tensor(tensor).shape?.indexOf(symbol) ?? -1;
    if (axis >= 0) return { tensor, axis };
  }
  return undefined;
}

/** The value under another shape. */
export function reshape(emission: Emission, tensor: number, shape: Shape): number {
  const { type } = emission.tensor(tensor);
  // An empty shape would be a constant without bytes, which is none.
  if (shape.length === 0)
    return emission.make('SQUEEZE', [tensor], { dtype: type, shape }, { squeezeDims: [] });
  return emission.make('RESHAPE', [tensor, shapeTensor(emission, shape, [tensor], true)], {
    dtype: type,
    shape,
  });
}
