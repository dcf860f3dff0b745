// How a value may be held instead of as it is: with its axes in another order, or with the entries of one axis in
// another order (what an axis permutation becomes when axes are flattened into one).

import type { Dim, Shape } from '../../graph/model.ts';

export type Layout =
  /** As it is. */
  | { readonly kind: 'same' }
  /** As Transpose(value, perm): held axis `i` is axis `perm[i]` of the value. */
  | { readonly kind: 'perm'; readonly perm: readonly number[] }
  /** With the entries of one axis rearranged; the axis is the parts one after the other. */
  | { readonly kind: 'order'; readonly axis: number; readonly parts: readonly Part[] };

/** A stretch of an axis that lists the elements of a block of these dims, held as the block transposed by `perm`. */
export type Part = { readonly dims: readonly number[]; readonly perm: readonly number[] };

export const same: Layout = { kind: 'same' };

export function permuted(perm: readonly number[]): Layout {
  return isIdentity(perm) ? same : { kind: 'perm', perm };
}

export function isIdentity(perm: readonly number[]): boolean {
  return perm.every((axis, index) => axis === index);
}

export function isPermutation(perm: readonly number[]): boolean {
  const seen = new Set(perm);
  return (
    seen.size === perm.length &&
    perm.every((axis) => Number.isInteger(axis) && axis >= 0 && axis < perm.length)
  );
}

export function invert(perm: readonly number[]): number[] {
  const inverse = new Array<number>(perm.length);
  for (const [index, axis] of perm.entries()) inverse[axis] = index;
  return inverse;
}

/** The one Transpose that does `first` and then `second`. */
export function compose(first: readonly number[], second: readonly number[]): number[] {
  return second.map((axis) => first[axis] ?? axis);
}

/** Where axis `axis` of the value lies in the held one. */
export function heldAxis(perm: readonly number[], axis: number): number {
  return perm.indexOf(axis);
}

export function keyOf(layout: Layout): string {
  return JSON.stringify(layout);
}

export function isSameLayout(a: Layout, b: Layout): boolean {
  return a === b || (a.kind === b.kind && keyOf(a) === keyOf(b));
}

/** The shape of the value as held. */
export function heldShape(shape: Shape, layout: Layout): Shape {
  return layout.kind === 'perm' ? layout.perm.map((axis) => shape[axis] ?? null) : shape;
}

/** Axes longer than one, in the order in which the held value has them. */
export function longAxes(shape: Shape, perm: readonly number[]): number[] {
  return perm.filter((axis) => shape[axis] !== 1);
}

/** Whether the transposed value has its elements in the same order: only axes of length one move. */
export function isReshape(shape: Shape, perm: readonly number[]): boolean {
  const axes = longAxes(shape, perm);
  return axes.every((axis, index) => index === 0 || axis > (axes[index - 1] ?? 0));
}

/** The entries of the axis in the order in which they are held. */
export function orderOf(parts: readonly Part[]): Int32Array {
  const order: number[] = [];
  let start = 0;
  for (const { dims, perm } of parts) {
    const strides = dims.map((_, axis) => dims.slice(axis + 1).reduce((product, dim) => product * dim, 1));
    let offsets = [0];
    for (const axis of perm) {
      const next: number[] = [];
      for (const offset of offsets) {
        for (let i = 0; i < (dims[axis] ?? 1); i++) next.push(offset + i * (strides[axis] ?? 1));
      }
      offsets = next;
    }
    for (const offset of offsets) order.push(start + offset);
    start += dims.reduce((product, dim) => product * dim, 1);
  }
  return Int32Array.from(order);
}

/** Length of the axis the parts make up. */
export function lengthOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { dims }) => sum + dims.reduce((product, dim) => product * dim, 1), 0);
}

/**
 * The entries of a constant shape input that give `target` from `source`, or undefined when symbols leave it open:
 * one unknown axis is −1, an axis that stays in its place is 0. https://onnx.ai/onnx/operators/onnx__Reshape.html
 */
export function shapeEntries(target: Shape, source: Shape | undefined): number[] | undefined {
  if (target.some((dim) => dim === 0)) return undefined;
  const copied = (dim: Dim, axis: number) => typeof dim === 'string' && source?.[axis] === dim;
  const open = target.filter((dim, axis) => typeof dim !== 'number' && !copied(dim, axis));
  if (open.length > 1) return undefined;
  if (open.length === 0 && target.filter((dim) => typeof dim !== 'number').length === 1) {
    return target.map((dim) => (typeof dim === 'number' ? dim : -1));
  }
  return target.map((dim, axis) => (typeof dim === 'number' ? dim : copied(dim, axis) ? 0 : -1));
}
