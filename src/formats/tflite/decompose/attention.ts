// Attention as products and a Softmax. https://onnx.ai/onnx/operators/onnx__Attention.html
//
//   1. Three axes become four: [batch, length, heads · size] → [batch, heads, length, size].
//   2. Fewer heads of keys and values than of queries: each serves several.
//   3. The mask, of truth values or of numbers, and the causal one are added to the scores.

import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import { boundedCount, cast, formula } from '../rewrite/formula.ts';

/** What Softmax turns into nothing, without making NaN of a row that has nothing else. */
const NEVER = -1e30;

export default {
  opTypes: ['Attention'],
  rewrite(node, build) {
    const [q = '', k = '', v = '', mask = '', pastKey = '', pastValue = '', lengths = ''] = node.inputs;
    for (const side of ['left_window_size', 'right_window_size']) {
      if (build.attribute(side, -1) !== -1) return build.refuse('a window of keys');
    }
    const isFlat = build.shape(q).length === 3;
    const queries = split(build, q, isFlat, 'q_num_heads');
    let keys = split(build, k, isFlat, 'kv_num_heads');
    let values = split(build, v, isFlat, 'kv_num_heads');
    const past = pastKey === '' ? 0 : build.shape(pastKey)[2];
    if (pastKey !== '') {
      keys = build.add('Concat', [pastKey, keys], { axis: 2 });
      values = build.add('Concat', [pastValue, values], { axis: 2 });
    }
    const [rows, size, heads] = sizesOf(build, q, isFlat, 'q_num_heads');
    const [own, valueSize, keyHeads] = sizesOf(build, v, isFlat, 'kv_num_heads');
    if (typeof past !== 'number') return build.refuse('a past of unknown length');
    const columns = own === undefined ? undefined : own + past;
    const [present, presentValues] = [keys, values];
    if (heads !== keyHeads) {
      keys = repeat(build, keys, heads / keyHeads, [keyHeads, columns, size]);
      values = repeat(build, values, heads / keyHeads, [keyHeads, columns, valueSize]);
    }
    const given = node.attributes.get('scale')?.value;
    const scale = Math.sqrt(given === undefined ? 1 / Math.sqrt(size) : Number(given));
    const left = build.add('Mul', [queries, build.number(scale)]);
    const right = build.add('Mul', [build.transpose(keys, [0, 1, 3, 2]), build.number(scale)]);
    const product = build.add('MatMul', [left, right]);
    const cap = build.attribute('softcap', 0);
    const { times, over } = formula(build, 'float32');
    const capped = cap === 0 ? product : times(build.add('Tanh', [over(product, cap)]), cap);
    const isCausal = build.attribute('is_causal', 0) === 1;
    if (isCausal && lengths !== '') return build.refuse('a causal mask and lengths of rows');
    /** The scores with what must not be seen brought down to `never`. */
    const masked = (never: number): string => {
      let scores = capped;
      if (mask !== '') scores = build.add('Add', [scores, wholeMask(build, mask, columns, never)]);
      if (lengths !== '') scores = build.add('Add', [scores, lengthMask(build, lengths, columns, never)]);
      if (isCausal) scores = build.add('Add', [scores, causalMask(build, rows, columns, past, never)]);
      return scores;
    };
    const weights = build.add('Softmax', [masked(NEVER)], { axis: -1 });
    let result = build.add('MatMul', [weights, values]);
    if (isFlat) {
      const turned = build.transpose(result, [0, 2, 1, 3]);
      result = build.reshape(
        turned,
        [0, rows ?? -1, heads * valueSize].map((dim, at) => (at === 0 && rows === undefined ? 0 : dim)),
      );
    }
    if (!build.isRead(3)) return [result, present, presentValues];
    const stage = build.attribute('qk_matmul_output_mode', 0);
    const scores = [product, capped][stage] ?? (stage === 2 ? masked(Number.NEGATIVE_INFINITY) : weights);
    return [result, present, presentValues, scores];
  },
} satisfies Rewrite;

/** What a mask adds to the scores; keys behind its end are not seen. */
function wholeMask(build: Build, mask: string, columns: number | undefined, never: number): string {
  const shape = build.shape(mask);
  const width = shape.at(-1);
  const isLength = typeof width === 'number' && (width > 1 || columns === 1);
  if (columns === undefined || !isLength || width > columns) return build.refuse('a mask of another length');
  const { where, most } = formula(build, 'float32');
  const isTruth = build.dtype(mask) === 'bool';
  const added = isTruth ? where(mask, 0, never) : Number.isFinite(never) ? most(mask, never) : mask;
  if (width === columns) return added;
  const pads = new Array<number>(2 * shape.length).fill(0).with(-1, columns - width);
  return build.add('Pad', [added, build.ints(pads), formula(build, 'float32').value(never)]);
}

/** Keys beyond the length of their row are not seen. */
function lengthMask(build: Build, lengths: string, columns: number | undefined, never: number): string {
  if (columns === undefined) return build.refuse('lengths of rows over unknown lengths');
  const ends = build.reshape(cast(build, lengths, 'int32'), [-1, 1, 1, 1]);
  const isSeen = formula(build, 'int32').is(counted(build, columns, 0, [columns]), 'Less', ends);
  return formula(build, 'float32').where(isSeen, 0, never);
}

/** Keys after the query's own place are not seen. A small mask is folded, a large one compared when the model runs. */
function causalMask(
  build: Build,
  rows: number | undefined,
  columns: number | undefined,
  past: number,
  never: number,
): string {
  if (rows === undefined || columns === undefined) return build.refuse('a causal mask over unknown lengths');
  const keys = counted(build, columns, 0, [1, columns]);
  const isLater = formula(build, 'int32').is(keys, 'Greater', counted(build, rows, past, [rows, 1]));
  return formula(build, 'float32').where(isLater, never, 0);
}

function counted(build: Build, count: number, from: number, dims: readonly number[]): string {
  const data = Int32Array.from({ length: boundedCount(build, [count]) }, (_, at) => at + from);
  return build.constant({ dtype: 'int32', dims, data }, 'places');
}

/** Length, size of a head, heads. */
function sizesOf(
  build: Build,
  value: string,
  isFlat: boolean,
  name: string,
): [number | undefined, number, number] {
  const shape = build.shape(value);
  const width = shape.at(-1);
  const count = isFlat ? build.attribute(name, 0) : shape[1];
  const length = isFlat ? shape[1] : shape[2];
  if (typeof width !== 'number' || typeof count !== 'number' || count === 0)
    return build.refuse('heads of unknown size');
  return [typeof length === 'number' ? length : undefined, isFlat ? width / count : width, count];
}

function split(build: Build, value: string, isFlat: boolean, name: string): string {
  if (!isFlat) return value;
  const [, size, heads] = sizesOf(build, value, true, name);
  return build.transpose(build.reshape(value, [0, 0, heads, size]), [0, 2, 1, 3]);
}

function repeat(
  build: Build,
  value: string,
  times: number,
  [heads, length, size]: [number, number | undefined, number],
): string {
  const wide = build.add('Unsqueeze', [value, build.ints([2])]);
  const tiled = build.add('Tile', [wide, build.ints([1, 1, times, 1, 1])]);
  return build.reshape(tiled, [0, heads * times, length ?? -1, size]);
}
