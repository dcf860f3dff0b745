// Attention in terms of older operators, for opsets below 23: softmax(softcap(q kᵀ × scale) + mask) v, by heads.

import { int } from '../graph/attribute.ts';
import type { Node } from '../graph/model.ts';
import { int64 } from '../graph/tensor.ts';
import type { UpgradeContext } from './definition.ts';
import { outputOf } from './rewrite.ts';
import { SpellOut } from './spell-out.ts';

/** What earlier calls left, and what lies between inputs and result, is not expressed. */
export function spellOutAttention(node: Node, context: UpgradeContext): readonly Node[] | string {
  const heads = headsOf(node, context);
  if (typeof heads === 'string') return heads;
  const { rank, queries, keys, size } = heads;
  const [query = '', key = '', value = ''] = node.inputs;
  const out = new SpellOut(node, context);
  const scale = out.number('scale', Math.sqrt(context.read(node, 'float', 'scale', 1 / Math.sqrt(size))));
  const byHead = (name: string, count: number): string => {
    if (rank === 4) return name;
    const split = out.add('Reshape', [name, out.ints('heads', [0, 0, count, -1])]);
    return out.add('Transpose', [split], { perm: int([0, 2, 1, 3]) });
  };
  const shared = (name: string) => repeated(out, byHead(name, keys), queries, keys);
  const turned = out.add('Transpose', [shared(key)], { perm: int([0, 1, 3, 2]) });
  const scaled = [out.add('Mul', [byHead(query, queries), scale]), out.add('Mul', [turned, scale])];
  const scores = masked(out, node, context, out.add('MatMul', scaled));
  const weights = out.add('Softmax', [scores], { axis: int(-1) });
  const factors = [weights, shared(value)];
  if (rank === 4) {
    out.add('MatMul', factors, {}, outputOf(node));
    return out.nodes;
  }
  const result = out.add('Transpose', [out.add('MatMul', factors)], { perm: int([0, 2, 1, 3]) });
  out.add('Reshape', [result, out.ints('joined', [0, 0, -1])], {}, outputOf(node));
  return out.nodes;
}

type Heads = {
  readonly rank: number;
  readonly queries: number;
  readonly keys: number;
  readonly size: number;
};

/** How many heads, and how long each; or why the node is not expressed. */
function headsOf(node: Node, context: UpgradeContext): Heads | string {
  const [query = '', key = '', value = '', mask = ''] = node.inputs;
  if (node.inputs.slice(4).some((name) => name !== '')) return 'it takes keys and values of earlier calls';
  if (node.outputs.slice(1).some((name) => name !== '')) return 'it gives more than its result';
  const sides = ['left_window_size', 'right_window_size'];
  if (sides.some((side) => context.read(node, 'int', side, -1) !== -1)) return 'it looks through a window';
  const dtype = context.dtype(query);
  if (dtype !== 'float32' && dtype !== 'float64') return `it computes with ${dtype ?? 'an unknown type'}`;
  const [q, k, v] = [query, key, value].map((name) => context.shape(name));
  const rank = q?.length;
  if (!q || (rank !== 3 && rank !== 4) || k?.length !== rank || v?.length !== rank) {
    return 'the axes of its inputs are not known';
  }
  const count = (axis: typeof q, name: string) => (rank === 4 ? axis[1] : context.read(node, 'int', name, 0));
  const [queries, keys, last] = [count(q, 'q_num_heads'), count(k, 'kv_num_heads'), q[rank - 1]];
  if (typeof queries !== 'number' || typeof keys !== 'number' || typeof last !== 'number' || !(keys > 0)) {
    return 'the number of its heads is not known';
  }
  if (queries % keys !== 0) return `${queries} heads cannot share ${keys}`;
  const [steps, wanted] = [k[rank - 2], context.shape(mask)?.at(-1)];
  if (typeof steps === 'number' && typeof wanted === 'number' && steps !== wanted) {
    return 'its mask is not as long as its keys';
  }
  return { rank, queries, keys, size: rank === 4 ? last : last / queries };
}

/** Several queries share a head of keys: it is repeated for each of them. */
function repeated(out: SpellOut, name: string, queries: number, keys: number): string {
  if (queries === keys) return name;
  const between = out.add('Unsqueeze', [name, out.ints('between', [2])]);
  const wide = out.add('Expand', [between, out.ints('times', [1, 1, queries / keys, 1, 1])]);
  const rest = out.add('Shape', [name], { start: int(2) });
  const shape = out.add('Concat', [out.ints('all_heads', [0, queries]), rest], { axis: int(0) });
  return out.add('Reshape', [wide, shape]);
}

function masked(out: SpellOut, node: Node, context: UpgradeContext, product: string): string {
  const mask = node.inputs[3] ?? '';
  const cap = context.read(node, 'float', 'softcap', 0);
  let scores = product;
  if (cap > 0) {
    const limit = out.number('softcap', cap);
    scores = out.add('Mul', [out.add('Tanh', [out.add('Div', [scores, limit])]), limit]);
  }
  const never = () => out.number('never', Number.NEGATIVE_INFINITY);
  if (mask !== '' && context.dtype(mask) === 'bool') scores = out.add('Where', [mask, scores, never()]);
  else if (mask !== '') scores = out.add('Add', [scores, mask]);
  if (context.read(node, 'int', 'is_causal', 0) === 0) return scores;
  return out.add('Where', [isEarlier(out, scores), scores, never()]);
}

/** Whether a key stands no later than the query, for a matrix of scores. */
function isEarlier(out: SpellOut, scores: string): string {
  const [zero, one] = [0, 1].map((value) => out.tensor('step', { ...int64([value]), dims: [] }));
  const count = (start: number, end: number): string => {
    const length = out.add('Shape', [scores], { start: int(start), end: int(end) });
    const scalar = out.add('Squeeze', [length, out.ints('axis', [0])]);
    return out.add('Range', [zero ?? '', scalar, one ?? '']);
  };
  const rows = out.add('Unsqueeze', [count(2, 3), out.ints('column', [1])]);
  return out.add('GreaterOrEqual', [rows, count(3, 4)]);
}
