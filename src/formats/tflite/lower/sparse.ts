// Sparse constants: the schema's variant of the TACO format, spread out into a dense array.
// https://ai.google.dev/edge/litert (schema.fbs, SparsityParameters); http://tensor-compiler.org

import { elementCount, type TypedArray } from '../../../graph/tensor.ts';
import type { Sparsity } from '../records.ts';

/** A dense array may be so many times larger than what the file holds of it. */
const MOST_GROWTH = 4096;

/**
 * Level by level in traversal order: a dense level counts, a compressed one lists its coordinates. Levels past the rank
 * are places inside blocks; `blockMap` says which axis each of them subdivides.
 */
export function densify<T extends TypedArray>(
  values: T,
  dims: readonly number[],
  { traversalOrder, blockMap, dimensions }: Sparsity,
  fail: (problem: string) => never,
): T {
  const levels = traversalOrder.length;
  const rank = dims.length;
  if (levels !== dimensions.length || levels !== rank + blockMap.length) {
    fail(
      `its sparsity describes ${dimensions.length} dimensions of ${rank} and ${blockMap.length} in blocks`,
    );
  }
  if (new Set(traversalOrder).size !== levels || !traversalOrder.every((at) => at >= 0 && at < levels)) {
    fail('its sparsity does not visit each dimension once');
  }
  const count = elementCount(dims);
  if (count > (values.length + 256) * MOST_GROWTH) fail(`it spreads ${values.length} values over ${count}`);
  // Which level counts places inside a block of an axis, and how many there are.
  const blocks = blockMap.map((axis, block) => {
    const level = dimensions[traversalOrder.indexOf(rank + block)];
    const size = level?.format === 'dense' ? level.size : 0;
    if (axis < 0 || axis >= rank || size < 1) fail('its sparse blocks have no size');
    return { axis, place: rank + block, size };
  });
  const strides = dims.map((_, axis) => elementCount(dims.slice(axis + 1)));
  const dense = new (values.constructor as new (length: number) => T)(count);
  const place = new Array<number>(levels).fill(0);
  let next = 0;

  const store = (): void => {
    const value = values[next++];
    if (value === undefined) fail('it has fewer values than its sparsity says');
    let offset = 0;
    for (let axis = 0; axis < rank; axis++) {
      let index = place[axis] ?? 0;
      for (const block of blocks) {
        if (block.axis === axis) index = index * block.size + (place[block.place] ?? 0);
      }
      if (index >= (dims[axis] ?? 0)) fail('a sparse coordinate is outside its tensor');
      offset += index * (strides[axis] ?? 0);
    }
    dense[offset] = value as never;
  };
  const visit = (level: number, position: number): void => {
    if (level === levels) {
      store();
      return;
    }
    const dimension = dimensions[level];
    const target = traversalOrder[level] ?? 0;
    if (dimension === undefined) return;
    if (dimension.format === 'dense') {
      if (dimension.size < 0 || dimension.size > count) fail('a sparse dimension has no sensible size');
      for (let index = 0; index < dimension.size; index++) {
        place[target] = index;
        visit(level + 1, position * dimension.size + index);
      }
      return;
    }
    const from = dimension.segments[position];
    const to = dimension.segments[position + 1];
    if (from === undefined || to === undefined || from < 0 || to < from || to > dimension.indices.length) {
      fail('a sparse dimension has segments that do not fit');
    }
    for (let at = from ?? 0; at < (to ?? 0); at++) {
      const index = dimension.indices[at] ?? -1;
      if (index < 0 || index > count) fail('a sparse coordinate is outside its tensor');
      place[target] = index;
      visit(level + 1, at);
    }
  };
  visit(0, 0);
  if (next !== values.length) fail(`it has ${values.length} values where its sparsity says ${next}`);
  return dense;
}
