// Fewer Transposes without touching any other operator.
//
//   1. Transpose(Transpose(x, a), b)     → Transpose(x, a then b), or x when that keeps the order
//   2. Transpose of a constant           → the constant rearranged

import { int } from '../graph/attribute.ts';
import type { Node } from '../graph/model.ts';
import { isMovable } from '../graph/rearrange.ts';
import type { Pass } from './definition.ts';
import { passThrough } from './layout/apply.ts';
import { Holder } from './layout/holder.ts';
import { compose, isIdentity, isPermutation } from './layout/layout.ts';
import { isTranspose, permOf } from './layout/transpose.ts';
import { rewriteGraphs } from './scopes.ts';
import type { Rewriter } from './uses.ts';

export default {
  name: 'merge-transposes',
  run(model) {
    const modified = rewriteGraphs(model, (rewriter) => {
      const holder = new Holder(rewriter);
      let count = 0;
      for (const node of rewriter.nodes()) if (isTranspose(node) && merge(node, rewriter, holder)) count++;
      return count;
    });
    return { modified };
  },
} satisfies Pass;

function merge(node: Node, rewriter: Rewriter, holder: Holder): boolean {
  const [input = ''] = node.inputs;
  const [output = ''] = node.outputs;
  const shape = rewriter.shape(input);
  if (!shape) return false;
  const perm = permOf(node, shape.length);
  if (perm.length !== shape.length || !isPermutation(perm)) return false;
  const constant = rewriter.constant(input);
  if (constant && isMovable(constant) && !rewriter.isPinned(output)) {
    return rewriter.bypass(node, holder.held(input, { kind: 'perm', perm }));
  }
  const before = rewriter.producer(input);
  return before && isTranspose(before) ? absorb(node, before, perm, rewriter) : false;
}

function absorb(node: Node, before: Node, perm: readonly number[], rewriter: Rewriter): boolean {
  const [source = ''] = before.inputs;
  const [between = ''] = before.outputs;
  const merged = compose(permOf(before, perm.length), perm);
  rewriter.setInput(node, 0, source);
  node.attributes.set('perm', int(merged));
  if (rewriter.useCount(between) === 0 && !rewriter.isPinned(between)) rewriter.remove(before);
  if (isIdentity(merged)) passThrough(node, source, rewriter);
  return true;
}
