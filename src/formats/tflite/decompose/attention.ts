// Attention as products and a Softmax. https://onnx.ai/onnx/operators/onnx__Attention.html
//
//   1. Three axes become four: [batch, length, heads · size] → [batch, heads, length, size].
//   2. Fewer heads of keys and values than of queries: each serves several.
//   3. The mask, of truth values or of numbers, and the causal one are added to the scores.

import { float32 } from '../../../graph/tensor.ts';
import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';

/** What Softmax turns into nothing, without making NaN of a row that has nothing else. */
const NEVER = -1e30;

export default {
  opTypes: ['Attention'],
  rewrite(node, build) {
    const [q = '', k = '', v = '', mask = '', pastKey = '', pastValue = '', lengths = ''] = node.inputs;
    if (lengths !== '') return build.refuse('lengths of rows');
    for (const side of ['left_window_size', 'right_window_size']) {
      if (build.attribute(side, -1) !== -1) return build.refuse('a window of keys');
    }
    if (build.isRead(3)) return build.refuse('its scores are read');
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
    let scores = build.add('MatMul', [left, right]);
    const cap = build.attribute('softcap', 0);
    if (cap !== 0) {
      const soft = build.add('Tanh', [build.add('Div', [scores, build.number(cap)])]);
      scores = build.add('Mul', [soft, build.number(cap)]);
    }
    if (mask !== '') {
      const isTruth = build.dtype(mask) === 'bool';
      const width = build.shape(mask).at(-1);
      if (columns === undefined || width !== columns) return build.refuse('a mask of another length');
      const added = isTruth ? build.add('Where', [mask, build.number(0, q), build.number(NEVER, q)]) : mask;
      scores = build.add('Add', [
        scores,
        isTruth ? added : build.add('Max', [added, build.number(NEVER, q)]),
      ]);
    }
    if (build.attribute('is_causal', 0) === 1) {
      if (rows === undefined || columns === undefined)
        return build.refuse('a causal mask over unknown lengths');
      const data = Float32Array.from({ length: rows * columns }, (_, at) =>
        at % columns > Math.floor(at / columns) + past ? NEVER : 0,
      );
      scores = build.add('Add', [scores, build.constant(float32([rows, columns], data), 'causal')]);
    }
    const weights = build.add('Softmax', [scores], { axis: -1 });
    let result = build.add('MatMul', [weights, values]);
    if (isFlat) {
      const turned = build.transpose(result, [0, 2, 1, 3]);
      result = build.reshape(
        turned,
        [0, rows ?? -1, heads * valueSize].map((dim, at) => (at === 0 && rows === undefined ? 0 : dim)),
      );
    }
    return [result, present, presentValues];
  },
} satisfies Rewrite;

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
