// Limits upon limits are one pair of limits.
//
//   Clip, Relu, and Min or Max with a number, one after the other → one Clip, or one Relu where that says it all
//
//   1. The limits are constants; the inner operator has no other reader.
//   2. A lone Min or Max with a number is left: it is one operator as it stands.
//   3. Only floats: of integers, Relu and Clip are not everywhere in runtimes.

import type { Node } from '../graph/model.ts';
import { limitsOf } from './constants/limits.ts';
import type { Pass } from './definition.ts';
import { rewriteNodes } from './scopes.ts';
import type { Rewriter } from './uses.ts';

export default {
  name: 'merge-clips',
  run(model) {
    return { modified: rewriteNodes(model, merge) };
  },
} satisfies Pass;

function merge(node: Node, rewriter: Rewriter): boolean {
  const outer = limitsOf(node, rewriter);
  const inner = outer && rewriter.producer(outer.input);
  const before = inner && limitsOf(inner, rewriter);
  if (!outer || !inner || !before || rewriter.onlyUser(outer.input) !== node) return false;
  const dtype = rewriter.dtype(before.input);
  if (dtype !== 'float32' && dtype !== 'float64') return false;
  const low = Math.min(Math.max(before.low, outer.low), outer.high);
  const high = Math.min(Math.max(before.high, outer.low), outer.high);
  // Limits that exclude one another give a constant; nobody writes that on purpose.
  if (low >= high || !Number.isFinite(Math.min(Math.abs(low), Math.abs(high)))) return false;
  const number = (name: string, value: number): string => {
    if (!Number.isFinite(value)) return '';
    const data = dtype === 'float32' ? Float32Array.of(value) : Float64Array.of(value);
    return rewriter.addConstant(`${node.name}/${name}`, { dtype, dims: [], data });
  };
  rewriter.remove(inner);
  const isRelu = low === 0 && high === Number.POSITIVE_INFINITY;
  const limits = isRelu ? [] : [number('min', low), number('max', high)];
  if (limits.at(-1) === '') limits.pop();
  rewriter.setInputs(node, [before.input, ...limits]);
  node.opType = isRelu ? 'Relu' : 'Clip';
  node.attributes.clear();
  return true;
}
