// Looks at every Transpose of a graph from both sides, and lets the region around it change over where that is worth it.

import type { Node } from '../../graph/model.ts';
import type { Rewriter } from '../uses.ts';
import { applyRegion } from './apply.ts';
import { Holder } from './holder.ts';
import { invert, isPermutation, type Layout } from './layout.ts';
import type { MoverOf } from './movers.ts';
import { chooseNodes, growRegion } from './region.ts';
import { isTranspose, permOf } from './transpose.ts';

/** `moverOf` says which operators may change over, and how. Returns how many did. */
export function pushAll(rewriter: Rewriter, moverOf: MoverOf): number {
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
      const region = growRegion(value, layout, moverOf, rewriter);
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
