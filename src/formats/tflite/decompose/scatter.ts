// Scatters that keep the largest, the smallest or the product of what meets, and TensorScatter.
// https://onnx.ai/onnx/operators/onnx__ScatterElements.html, …ScatterND, …TensorScatter
//
//   1. Reductions: every update beside every place, neutral where it does not belong, and reduced. That is a tensor of
//      updates × places, so large ones are refused.
//   2. TensorScatter: every place of the cache looks up which element of the update it takes, if any.

import type { DType } from '../../../graph/dtype.ts';
import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import { boundedCount, cast, type Formula, formula } from '../rewrite/formula.ts';

type Reduction = { readonly combine: 'Max' | 'Min' | 'Mul'; readonly reduce: string };

const reductions: Readonly<Record<string, Reduction>> = {
  max: { combine: 'Max', reduce: 'ReduceMax' },
  min: { combine: 'Min', reduce: 'ReduceMin' },
  mul: { combine: 'Mul', reduce: 'ReduceProd' },
};

export default {
  opTypes: ['ScatterElements', 'ScatterND', 'TensorScatter'],
  rewrite(node, build) {
    if (node.opType === 'TensorScatter') return [cacheUpdate(build)];
    const reduction = reductions[build.attribute('reduction', 'none')];
    if (reduction === undefined) return undefined;
    return [node.opType === 'ScatterND' ? scatterRows(build, reduction) : scatterElements(build, reduction)];
  },
} satisfies Rewrite;

const product = (dims: readonly number[]) => dims.reduce((count, dim) => count * dim, 1);

function scatterElements(build: Build, { combine, reduce }: Reduction): string {
  const [data, indices, updates] = [build.input(0), build.input(1), build.input(2)];
  const [dims, given] = [build.fixed(data), build.fixed(indices)];
  const rank = dims.length;
  const axis = build.axis(build.attribute('axis', 0), rank);
  if (dims.some((dim, at) => at !== axis && dim !== given[at])) {
    return build.refuse('such a reduction of fewer rows of indices than there are of elements');
  }
  const [length, count] = [dims[axis] ?? 1, given[axis] ?? 1];
  const outer = product(dims) / length;
  boundedCount(build, [outer, count, length]);
  const last = rank - 1;
  const perm = dims.map((_, at) => (at === axis ? last : at === last ? axis : at));
  const rows = (value: string, size: readonly number[]) => build.reshape(build.transpose(value, perm), size);
  const places = forward(build, rows(indices, [outer, count, 1]), build.dtype(indices), length);
  const spread = spreadOver(build, places, rows(updates, [outer, count, 1]), [length], combine);
  const reduced = build.add(reduce, [spread, build.ints([1])], { keepdims: 0 });
  const flat = build.add(combine, [rows(data, [outer, length]), reduced]);
  const turned = perm.map((at) => dims[at] ?? 1);
  return build.transpose(build.reshape(flat, turned), perm);
}

function scatterRows(build: Build, { combine, reduce }: Reduction): string {
  const [data, indices, updates] = [build.input(0), build.input(1), build.input(2)];
  const [dims, given] = [build.fixed(data), build.fixed(indices)];
  const depth = given.at(-1) ?? 1;
  const count = product(given) / depth;
  const [outer, inner] = [dims.slice(0, depth), product(dims.slice(depth))];
  const length = product(outer);
  boundedCount(build, [count, length, inner]);
  const { plus, times } = formula(build, 'int32');
  const dtype = build.dtype(indices);
  const columns = outer.map((size, at) => {
    const column = build.add('Gather', [indices, build.ints([at])], { axis: -1 });
    const steps = product(outer.slice(at + 1));
    return times(forward(build, build.reshape(column, [count, 1, 1]), dtype, size), steps);
  });
  const [first = '', ...rest] = columns;
  const spread = spreadOver(
    build,
    plus(first, ...rest),
    build.reshape(updates, [count, 1, inner]),
    [length, 1],
    combine,
  );
  const reduced = build.add(reduce, [spread, build.ints([0])], { keepdims: 0 });
  const flat = build.add(combine, [build.reshape(data, [length, inner]), reduced]);
  return build.reshape(flat, dims);
}

/** The updates where their place is the one of the last axes, and what changes nothing elsewhere. */
function spreadOver(
  build: Build,
  places: string,
  updates: string,
  dims: readonly number[],
  combine: Reduction['combine'],
): string {
  const dtype = build.dtype(build.input(0));
  const all = Int32Array.from({ length: boundedCount(build, dims) }, (_, at) => at);
  const range = build.constant({ dtype: 'int32', dims, data: all }, 'range');
  const isHere = formula(build, 'int32').is(places, 'Equal', range);
  return formula(build, dtype).where(isHere, updates, neutral(build, dtype, combine));
}

function neutral(build: Build, dtype: DType, combine: Reduction['combine']): number {
  if (combine === 'Mul') return 1;
  const sign = combine === 'Max' ? -1 : 1;
  if (dtype === 'float32') return sign * Number.POSITIVE_INFINITY;
  if (dtype === 'int32') return sign === 1 ? 2 ** 31 - 1 : -(2 ** 31);
  return build.refuse(`such a reduction of ${dtype}`);
}

/** Indices as int32, those from the end counted from the front. */
function forward(build: Build, indices: string, dtype: DType, length: number): string {
  const numbers: Formula = formula(build, 'int32');
  const plain = dtype === 'int32' ? indices : cast(build, indices, 'int32');
  return numbers.where(numbers.is(plain, 'Less', 0), numbers.plus(plain, length), plain);
}

function cacheUpdate(build: Build): string {
  const [cache, update, starts] = [build.input(0), build.input(1), build.input(2)];
  const shape = build.shape(cache);
  const axis = build.axis(build.attribute('axis', -2), shape.length);
  const [length, count] = [shape[axis], build.shape(update)[axis]];
  if (typeof length !== 'number' || typeof count !== 'number')
    return build.refuse('an axis of unknown length');
  const { minus, most, least, is } = formula(build, 'int32');
  const positions = Int32Array.from({ length: boundedCount(build, [length]) }, (_, at) => at);
  const range = build.constant({ dtype: 'int32', dims: [1, length], data: positions }, 'positions');
  const from = starts === '' ? zeros(build, shape[0]) : build.reshape(cast(build, starts, 'int32'), [-1, 1]);
  const behind = minus(range, from);
  const isCircular = build.attribute('mode', 'linear') === 'circular';
  const offset = isCircular ? build.add('Mod', [behind, formula(build, 'int32').value(length)]) : behind;
  const within = most(least(offset, count - 1), 0);
  const perm = shape.map((_, at) => (at === axis ? 1 : at === 1 ? axis : at));
  const index = build.add('Unsqueeze', [within, build.ints([2])]);
  const taken = build.add('GatherND', [build.transpose(update, perm), index], { batch_dims: 1 });
  const isTaken = build.reshape(is(offset, 'Equal', within), [-1, length, ...shape.slice(2).map(() => 1)]);
  return build.transpose(build.add('Where', [isTaken, taken, build.transpose(cache, perm)]), perm);
}

function zeros(build: Build, batch: number | string | null | undefined): string {
  if (typeof batch !== 'number') return build.refuse('a batch of unknown size without places to write to');
  return build.constant(
    { dtype: 'int32', dims: [batch, 1], data: new Int32Array(boundedCount(build, [batch])) },
    'starts',
  );
}
