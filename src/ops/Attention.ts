// https://onnx.ai/onnx/operators/onnx__Attention.html
// Opsets: 23, 24, 25.

import { float, int } from '../graph/attribute.ts';
import type { Dim, Shape } from '../graph/model.ts';
import { spellOutAttention } from './attention-spelled-out.ts';
import { add, product, quotient } from './axes.ts';
import type { InferContext, OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    Attention: {
      since: 23,
      inputs: [3, 7],
      outputs: [1, 4],
      attributes: {
        is_causal: int(0),
        kv_num_heads: null,
        left_window_size: int(-1),
        q_num_heads: null,
        qk_matmul_output_mode: int(0),
        right_window_size: int(-1),
        scale: null,
        softcap: float(0),
        softmax_precision: null,
      },
      later: { inputs: { 7: 24 }, attributes: { right_window_size: 25, left_window_size: 25 } },
    },
  },
  infer(context) {
    const [query, key, value] = [0, 1, 2].map((index) => context.shape(index));
    const dtype = context.dtype(0);
    if (query === undefined || key === undefined || value === undefined) return [tensorOf(dtype, undefined)];
    const q = headsOf(context, query, 'q_num_heads');
    const k = headsOf(context, key, 'kv_num_heads');
    const v = headsOf(context, value, 'kv_num_heads');
    const past = context.shape(4)?.[2] ?? 0;
    const total = add(past, k.length);
    const output =
      query.length === 4
        ? [q.batch, q.heads, q.length, v.size]
        : [q.batch, q.length, product([q.heads, v.size])];
    return [
      tensorOf(dtype, output),
      tensorOf(context.dtype(1), [k.batch, k.heads, total, k.size]),
      tensorOf(context.dtype(2), [v.batch, v.heads, total, v.size]),
      tensorOf(dtype, [q.batch, q.heads, q.length, total]),
    ];
  },
  downgrades: [{ from: 23, opTypes: ['Attention'], rewrite: spellOutAttention }],
} satisfies OpFamily;

type Heads = { readonly batch: Dim; readonly heads: Dim; readonly length: Dim; readonly size: Dim };

/** [batch, heads, length, size], or [batch, length, heads × size] with the number of heads as an attribute. */
function headsOf(context: InferContext, shape: Shape, attribute: string): Heads {
  const [batch = null, second = null, third = null, fourth = null] = shape;
  if (shape.length === 4) return { batch, heads: second, length: third, size: fourth };
  if (shape.length !== 3) return context.fail(`an input has ${shape.length} axes instead of 3 or 4`);
  const heads = context.int(attribute);
  return { batch, heads, length: second, size: quotient([third], [heads]) };
}
