// What is taken apart and put together again was never apart.
//
//   1. Concat(Split(x)) of all parts in their order, along the same axis      → x
//   2. Split(Concat(a, b, …)) at the joints, along the same axis              → a, b, …
//
// Left alone: a part that comes twice, is missing or in another place; parts of other lengths than were joined.

import { attribute } from '../graph/attribute.ts';
import type { Node } from '../graph/model.ts';
import { axisOf } from './constants/read.ts';
import type { Pass } from './definition.ts';
import { rewriteNodes } from './scopes.ts';
import type { Rewriter } from './uses.ts';

export default {
  name: 'cancel-split-concat',
  run(model) {
    return { modified: rewriteNodes(model, cancel) };
  },
} satisfies Pass;

function cancel(node: Node, rewriter: Rewriter): boolean {
  if (node.domain !== '') return false;
  if (node.opType === 'Concat') return rejoined(node, rewriter);
  return node.opType === 'Split' && retaken(node, rewriter);
}

function rejoined(concat: Node, rewriter: Rewriter): boolean {
  const split = rewriter.producer(concat.inputs[0] ?? '');
  if (split?.domain !== '' || split.opType !== 'Split') return false;
  const rank = rewriter.shape(split.inputs[0])?.length;
  if (rank === undefined || axis(split, rank) !== axis(concat, rank)) return false;
  if (String(split.outputs) !== String(concat.inputs)) return false;
  if (!rewriter.bypass(concat, split.inputs[0] ?? '')) return false;
  removeUnread(split, rewriter);
  return true;
}

function retaken(split: Node, rewriter: Rewriter): boolean {
  const [whole = ''] = split.inputs;
  const concat = rewriter.producer(whole);
  if (concat?.domain !== '' || concat.opType !== 'Concat' || concat.inputs.length !== split.outputs.length)
    return false;
  const rank = rewriter.shape(whole)?.length;
  if (rank === undefined || axis(split, rank) !== axis(concat, rank)) return false;
  const along = axis(split, rank);
  const isSame = split.outputs.every((output, index) => {
    const joined = rewriter.shape(concat.inputs[index])?.[along];
    return (
      typeof joined === 'number' && joined === rewriter.shape(output)?.[along] && !rewriter.isPinned(output)
    );
  });
  if (!isSame) return false;
  for (const [index, output] of split.outputs.entries())
    rewriter.replaceUses(output, concat.inputs[index] ?? '');
  rewriter.remove(split);
  removeUnread(concat, rewriter);
  return true;
}

function axis(node: Node, rank: number): number {
  return axisOf(attribute(node, 'axis', 0), rank);
}

function removeUnread(node: Node, rewriter: Rewriter): void {
  if (node.outputs.some((output) => rewriter.useCount(output) > 0 || rewriter.isPinned(output))) return;
  rewriter.remove(node);
}
