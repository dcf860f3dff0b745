// Arithmetic on axes that may be numbers, symbols or unknown (null). A result that would need a formula is null.

import type { Dim, Shape } from '../graph/model.ts';
import type { InferContext } from './definition.ts';

/** Multidirectional broadcasting; undefined when the shapes do not fit. https://github.com/onnx/onnx/blob/main/docs/Broadcasting.md */
export function broadcast(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const result: Dim[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const left = a[axis - rank + a.length] ?? (axis < rank - a.length ? 1 : null);
    const right = b[axis - rank + b.length] ?? (axis < rank - b.length ? 1 : null);
    const dim = broadcastDim(left, right);
    if (dim === undefined) return undefined;
    result.push(dim);
  }
  return result;
}

function broadcastDim(a: Dim, b: Dim): Dim | undefined {
  if (a === 1 || a === b) return b;
  if (b === 1) return a;
  if (typeof a === 'number') return typeof b === 'number' ? undefined : a;
  return typeof b === 'number' ? b : null;
}

/** Broadcasts the inputs at these indices; undefined when one has no known rank; fails when they do not fit. */
export function broadcastInputs(context: InferContext, indices: readonly number[]): Shape | undefined {
  let result: Shape | undefined = [];
  for (const index of indices) {
    const shape = context.shape(index);
    if (shape === undefined) result = undefined;
    if (shape === undefined || result === undefined) continue;
    const next = broadcast(result, shape);
    if (next === undefined) context.fail(`shapes ${print(result)} and ${print(shape)} do not broadcast`);
    result = next;
  }
  return result;
}

/** The product of some axes over the product of others, cancelling equal symbols. */
export function quotient(numerator: Shape, denominator: Shape): Dim {
  const symbols: string[] = [];
  let factor = 1;
  for (const dim of numerator) {
    if (dim === null) return null;
    if (typeof dim === 'number') factor *= dim;
    else symbols.push(dim);
  }
  for (const dim of denominator) {
    if (dim === null) return null;
    if (typeof dim === 'number') factor /= dim;
    else if (symbols.includes(dim)) symbols.splice(symbols.indexOf(dim), 1);
    else return null;
  }
  if (!Number.isSafeInteger(factor)) return null;
  if (symbols.length === 0 || factor === 0) return factor;
  return symbols.length === 1 && factor === 1 ? (symbols[0] as string) : null;
}

export function product(dims: Shape): Dim {
  return quotient(dims, []);
}

export function add(a: Dim, b: Dim): Dim {
  if (a === 0) return b;
  if (b === 0) return a;
  return typeof a === 'number' && typeof b === 'number' ? a + b : null;
}

export function sum(dims: Shape): Dim {
  return dims.reduce<Dim>(add, 0);
}

/** The axis two values share, which must be the same in both. */
export function sameDim(context: InferContext, a: Dim, b: Dim, what: string): Dim {
  if (typeof a === 'number' && typeof b === 'number' && a !== b) context.fail(`${what}: ${a} is not ${b}`);
  return typeof a === 'number' ? a : (b ?? a);
}

/** A checked, non-negative axis. `rank` counts the axes it may name. */
export function axisIn(context: InferContext, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    context.fail(`axis ${axis} is outside a tensor of rank ${rank}`);
  }
  return axis < 0 ? axis + rank : axis;
}

/** Fails unless the rank of `shape` is one of those allowed. */
export function rankAtLeast(context: InferContext, shape: Shape, least: number, index = 0): Shape {
  if (shape.length < least) {
    context.fail(`input ${index} has shape ${print(shape)}, but needs at least ${least} axes`);
  }
  return shape;
}

/** More axes than any runtime takes; a hostile file may claim any number. */
const MOST_AXES = 1024;

/** How many numbers input `index`, a list, holds: the axes it speaks about. */
export function countOf(context: InferContext, index: number): number | undefined {
  const count = context.shape(index)?.[0];
  if (typeof count !== 'number') return undefined;
  return count > MOST_AXES ? context.fail(`input ${index} speaks about ${count} axes`) : count;
}

/** The numbers of input `index`, as far as known; undefined when not even their count is. */
export function listOf(context: InferContext, index: number): Shape | undefined {
  const count = countOf(context, index);
  return context.integers(index) ?? (count === undefined ? undefined : unknownDims(count));
}

export function unknownDims(count: number): Dim[] {
  return Array.from({ length: count }, () => null);
}

export function withDim(shape: Shape, axis: number, dim: Dim): Shape {
  return shape.map((old, index) => (index === axis ? dim : old));
}

export function isKnown(shape: Shape): shape is readonly number[] {
  return shape.every((dim) => typeof dim === 'number');
}

export function print(shape: Shape): string {
  return `[${shape.map((dim) => dim ?? '?').join(', ')}]`;
}
