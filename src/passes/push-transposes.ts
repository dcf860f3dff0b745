// The layout pass: moves Transposes through the operators that do not mind and lets them meet and cancel.
//
// Given:   Transpose → Relu → Add(…, Transpose) → Transpose          Result:  Relu → Add
//
//   1. From each Transpose a region is grown, on either side, of operators that could as well work on values held in the
//      order of axes on the Transpose's other side (layout/movers.ts says which can, and how their numbers change).
//   2. Where the region ends, values meet operators that need them as they are. Which nodes of the region change over
//      is chosen so that the Transposes needed there cost least: a minimum cut (layout/region.ts).
//   3. The region is rewritten when that is fewer than there are now. Constants are rearranged, never transposed.
//
// Every rewrite lowers the number of Transposes (or moves one to an input or output of the graph), so it ends.

import type { Node } from '../graph/model.ts';
import type { Pass } from './definition.ts';
import { applyRegion } from './layout/apply.ts';
import { Holder } from './layout/holder.ts';
import { invert, isPermutation, type Layout } from './layout/layout.ts';
import { chooseNodes, growRegion, isTranspose, permOf } from './layout/region.ts';
import { rewriteGraphs } from './scopes.ts';
import type { Rewriter } from './uses.ts';

export default {
  name: 'push-transposes',
  run(model) {
    return { modified: rewriteGraphs(model, pushAll) };
  },
} satisfies Pass;

function pushAll(rewriter: Rewriter): number {
  const holder = new Holder(rewriter);
  const open = rewriter.nodes().filter(isTranspose);
  const limit = 4 * open.length + 16;
  // Values whose region was looked at in this layout since the last change there.
  const seen = new Set<string>();
  let modified = 0;
  for (let index = 0; index < open.length && index < limit; index++) {
    for (const side of ['output', 'input'] as const) {
      const transpose = open[index] as Node;
      if (!rewriter.has(transpose)) continue;
      const [value, layout] = seed(transpose, side, rewriter);
      if (!layout || seen.has(`${value}\n${layout.perm}`)) continue;
      const region = growRegion(value, layout, rewriter);
      for (const [name, found] of region.values)
        if (found.kind === 'perm') seen.add(`${name}\n${found.perm}`);
      const chosen = chooseNodes(region, rewriter);
      if (chosen.size === 0) continue;
      open.push(...applyRegion(region, chosen, rewriter, holder).filter(isTranspose));
      modified += chosen.size;
    }
  }
  return modified;
}

/** Its result could be held as its input is, or its input as its result is. */
function seed(
  transpose: Node,
  side: 'input' | 'output',
  rewriter: Rewriter,
): [string, Extract<Layout, { kind: 'perm' }> | undefined] {
  const [input = ''] = transpose.inputs;
  const [output = ''] = transpose.outputs;
  const rank = rewriter.shape(input)?.length;
  const perm = rank === undefined ? [] : permOf(transpose, rank);
  if (perm.length !== rank || !isPermutation(perm)) return [output, undefined];
  return side === 'output' ? [output, { kind: 'perm', perm: invert(perm) }] : [input, { kind: 'perm', perm }];
}
