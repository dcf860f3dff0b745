// Arithmetic on the short lists of numbers and symbols that shapes are computed with (InferContext.integers).

import { type DType, dtypes, isInteger } from '../graph/dtype.ts';
import type { Dim, Shape } from '../graph/model.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { InferContext } from './definition.ts';

/** States output 0 as `apply` of input 0, element by element. */
export function mapIntegers(context: InferContext, apply: (value: Dim) => Dim): void {
  const values = context.integers(0);
  if (values !== undefined) context.setIntegers(values.map(apply));
}

/** States output 0 as `apply` of all inputs from left to right, with a list of one repeated as often as needed. */
export function combineIntegers(context: InferContext, apply: (left: Dim, right: Dim) => Dim): void {
  let result = context.integers(0);
  if (result === undefined || !areAligned(context)) return;
  for (let index = 1; index < context.node.inputs.length; index++) {
    const next = context.integers(index);
    if (next === undefined) return;
    const lists = spread([result, next]);
    if (lists === undefined) return;
    const [left, right] = lists as [Shape, Shape];
    result = left.map((value, at) => apply(value, right[at] ?? null));
  }
  context.setIntegers(result);
}

/** Whether the inputs meet element by element: lists and scalars do, and tensors of one shape. */
export function areAligned(context: InferContext): boolean {
  const shapes = context.node.inputs.map((_, index) => JSON.stringify(context.shape(index)));
  const isFlat = context.node.inputs.every((_, index) => (context.shape(index)?.length ?? 2) < 2);
  return isFlat || new Set(shapes).size === 1;
}

/** The lists at one length; undefined when they do not broadcast. */
export function spread(lists: readonly Shape[]): Shape[] | undefined {
  const length = Math.max(...lists.map((list) => list.length));
  if (lists.some((list) => list.length !== length && list.length !== 1)) return undefined;
  return lists.map((list) => (list.length === length ? list : Array.from({ length }, () => list[0] ?? null)));
}

/** Lifts a function of numbers to axes: integer division drops the rest, and what has no result is null. */
export function numbers(context: InferContext, apply: (left: number, right: number) => number) {
  const dtype = context.dtype(0);
  return (left: Dim, right: Dim): Dim => {
    if (typeof left !== 'number' || typeof right !== 'number') return null;
    const exact = apply(left, right);
    const value = dtype !== undefined && isInteger(dtype) ? Math.trunc(exact) : exact;
    return Number.isFinite(value) ? value : null;
  };
}

/** What is left of a number in a tensor of this type; null where it wraps or rounds in a way not followed here. */
export function stored(value: Dim, dtype: DType): Dim {
  if (typeof value !== 'number' || dtype === 'float64' || dtype === 'bool') return value;
  if (dtype === 'float32') return Math.fround(value);
  const most = largest(dtype);
  return Number.isInteger(value) && value <= most && value >= (dtype.startsWith('uint') ? 0 : -most)
    ? value
    : null;
}

/** Whole numbers up to this one are held exactly; 0 for types no shape is computed in. */
function largest(dtype: DType): number {
  if (isInteger(dtype)) return 2 ** (dtypes[dtype].bits - (dtype.startsWith('int') ? 1 : 0));
  return dtype === 'float16' ? 2 ** 11 : dtype === 'bfloat16' ? 2 ** 8 : 0;
}

/** A constant's elements; undefined for types kept as raw bits or packed (graph/dtype.ts), and for strings. */
export function numbersIn({ dtype, data }: Tensor): readonly number[] | undefined {
  if (!/^(float(32|64)|u?int(8|16|32|64)|bool)$/.test(dtype)) return undefined;
  return Array.from(data as ArrayLike<number | bigint>, Number);
}

/** All of them as numbers, or undefined when one is a symbol or unknown. */
export function allNumbers(values: Shape | undefined): readonly number[] | undefined {
  return values?.every((value) => typeof value === 'number') ? (values as readonly number[]) : undefined;
}
