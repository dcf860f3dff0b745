// RotaryEmbedding as products and sums of the two halves it turns.
// https://onnx.ai/onnx/operators/onnx__RotaryEmbedding.html

import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import { formula, slice } from '../rewrite/formula.ts';

export default {
  opTypes: ['RotaryEmbedding'],
  rewrite(node, build) {
    const [x = ''] = node.inputs;
    const { plus, minus, times } = formula(build, 'float32');
    const isFlat = build.shape(x).length === 3;
    const width = build.shape(x).at(-1);
    if (typeof width !== 'number') return build.refuse('heads of unknown size');
    const heads = build.attribute('num_heads', 0);
    if (isFlat && (heads === 0 || width % heads !== 0)) return build.refuse('heads of unknown size');
    const size = isFlat ? width / heads : width;
    // Heads lie behind the positions or, with four axes, before them.
    const whole = isFlat ? build.reshape(x, [0, 0, heads, size]) : x;
    const turned = build.attribute('rotary_embedding_dim', 0) || size;
    const isInterleaved = build.attribute('interleaved', 0) === 1;
    const half = turned / 2;
    const [first, second] = isInterleaved
      ? [slice(build, whole, 3, 0, turned, 2), slice(build, whole, 3, 1, turned, 2)]
      : [slice(build, whole, 3, 0, half), slice(build, whole, 3, half, turned)];
    const [cos, sin] = [1, 2].map((input) => angles(build, input, isFlat ? 2 : 1)) as [string, string];
    const real = minus(times(first, cos), times(second, sin));
    const imaginary = plus(times(first, sin), times(second, cos));
    const parts = isInterleaved ? [interleaved(build, real, imaginary, turned)] : [real, imaginary];
    if (turned < size) parts.push(slice(build, whole, 3, turned, size));
    const [only = ''] = parts;
    const result = parts.length === 1 ? only : build.add('Concat', parts, { axis: -1 });
    return [isFlat ? build.reshape(result, [0, 0, width]) : result];
  },
} satisfies Rewrite;

/** One row for each position, with an axis for the heads. */
function angles(build: Build, input: number, axis: number): string {
  const cache = build.input(input);
  const positions = build.input(3);
  const rows = positions === '' ? cache : build.add('Gather', [cache, positions], { axis: 0 });
  return build.add('Unsqueeze', [rows, build.ints([axis])]);
}

function interleaved(build: Build, even: string, odd: string, count: number): string {
  const last = build.ints([4]);
  const pair = [even, odd].map((value) => build.add('Unsqueeze', [value, last]));
  return build.reshape(build.add('Concat', pair, { axis: 4 }), [0, 0, 0, count]);
}
