// How one row of data fits the axes of an input.

import { errors } from '../../errors.ts';
import type { Shape } from '../../graph/model.ts';
import { elementCount } from '../../graph/tensor.ts';
import type { TensorInfo } from '../../runtimes/session.ts';

/** What an input takes per row: `28×28×1 numbers`, with ? for an axis of any length. */
export function spellRow(shape: Shape | undefined): string {
  return shape === undefined ? 'numbers of any shape' : spellDims(shape.slice(1));
}

export function spellDims(axes: Shape): string {
  const isOne = axes.every((dim) => dim === 1);
  return isOne
    ? 'one number'
    : `${axes.map((dim) => (typeof dim === 'number' ? dim : '?')).join('×')} numbers`;
}

/**
 * Axes of one row of the input when the data has `dims` per row; undefined when it does not fit. The same number
 * of elements is enough when the data is flat, the input is flat, or the two differ only by axes of length 1.
 */
export function fitRow(input: TensorInfo, dims: readonly number[]): number[] | undefined {
  if (input.shape === undefined) return [...dims];
  const wanted = input.shape.slice(1);
  const count = elementCount(dims);
  if (
    wanted.length === dims.length &&
    wanted.every((dim, axis) => typeof dim !== 'number' || dim === dims[axis])
  ) {
    return [...dims];
  }
  const unknown = wanted.filter((dim) => typeof dim !== 'number').length;
  const known = elementCount(wanted.filter((dim) => typeof dim === 'number'));
  if (unknown > 1 || known === 0 || (unknown === 0 ? known !== count : count % known !== 0)) return undefined;
  const full = wanted.map((dim) => (typeof dim === 'number' ? dim : count / known));
  const isFlat = dims.length <= 1 || full.length <= 1;
  return isFlat || sameButOnes(dims, full) ? full : undefined;
}

function sameButOnes(a: readonly number[], b: readonly number[]): boolean {
  const [left, right] = [a.filter((dim) => dim !== 1), b.filter((dim) => dim !== 1)];
  return left.length === right.length && left.every((dim, axis) => dim === right[axis]);
}

/** How many rows a run takes: fixed by the model, or up to it. */
export function fixedBatch(inputs: readonly TensorInfo[]): number | undefined {
  for (const { shape } of inputs) {
    const first = shape?.[0];
    if (typeof first === 'number') {
      if (first < 1) throw errors.FEATURES_MISMATCH('the model takes a batch of 0 rows', 'export it again');
      return first;
    }
  }
  return undefined;
}
