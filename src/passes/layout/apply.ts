// Lets the chosen nodes of a region work on held values, and puts Transposes where the region meets the rest.

import { int } from '../../graph/attribute.ts';
import { type Node, tensorType } from '../../graph/model.ts';
import type { Rewriter } from '../uses.ts';
import type { Holder } from './holder.ts';
import { compose, heldShape, invert, isIdentity, type Layout } from './layout.ts';
import type { Region } from './region.ts';
import { isTranspose, isTransposeTo, permOf } from './transpose.ts';

/** Returns the Transposes it added. */
export function applyRegion(
  region: Region,
  chosen: ReadonlySet<Node>,
  rewriter: Rewriter,
  holder: Holder,
): Node[] {
  const moved = renameOutputs(region, chosen, rewriter);
  const sources = new Set<string>();
  for (const node of chosen) {
    const plan = region.plans.get(node);
    if (!plan) continue;
    plan.adjust?.(node, rewriter);
    for (const [index, layout] of plan.inputs.entries()) {
      const value = node.inputs[index];
      if (!value || layout.kind === 'same') continue;
      const held = moved.get(value)?.held ?? holder.held(value, layout);
      rewriter.setInput(node, index, held);
      sources.add(value);
    }
  }
  const added: Node[] = [];
  for (const [value, { held, layout }] of moved) {
    readersOfHeld(value, held, layout, rewriter);
    if (rewriter.useCount(value) === 0 && !rewriter.isPinned(value)) rewriter.graph.types.delete(value);
    else if (layout.kind === 'perm') added.push(holder.restore(held, layout.perm, value));
    else throw new TypeError(`${value} is read as it was, but its axis is rearranged`);
  }
  for (const value of sources) removeUnread(value, rewriter);
  return added;
}

type Moved = { readonly held: string; readonly layout: Layout };

/** The chosen nodes make the held values under names of their own; the old names are free to be made from them. */
function renameOutputs(region: Region, chosen: ReadonlySet<Node>, rewriter: Rewriter): Map<string, Moved> {
  const moved = new Map<string, Moved>();
  for (const node of chosen) {
    for (const [index, layout] of region.plans.get(node)?.outputs.entries() ?? []) {
      const value = node.outputs[index];
      if (!value || layout.kind === 'same') continue;
      const type = rewriter.type(value);
      const held = takeOverName(value, layout, rewriter) ?? rewriter.fresh(`${value}/${tagOf(layout)}`);
      rewriter.setOutput(node, index, held);
      if (type?.kind === 'tensor') {
        const shape = type.shape && heldShape(type.shape, layout);
        rewriter.graph.types.set(held, tensorType(type.dtype, shape));
      }
      moved.set(value, { held, layout });
    }
  }
  return moved;
}

function tagOf(layout: Layout): string {
  return layout.kind === 'perm' ? layout.perm.join('') : layout.kind;
}

/** A graph output that is the value transposed into just this layout can be made directly. */
function takeOverName(value: string, layout: Layout, rewriter: Rewriter): string | undefined {
  for (const { node, inner } of rewriter.users(value)) {
    const output = node.outputs[0];
    if (inner || !output || !isTransposeTo(node, layout) || !rewriter.isPinned(output)) continue;
    rewriter.remove(node);
    return output;
  }
  return undefined;
}

/** Transposes of the old value read the held one instead; those that wanted just this layout are not needed any more. */
function readersOfHeld(value: string, held: string, layout: Layout, rewriter: Rewriter): void {
  if (layout.kind !== 'perm') return;
  for (const { node, inner } of rewriter.users(value)) {
    if (inner || !isTranspose(node)) continue;
    const perm = compose(invert(layout.perm), permOf(node, layout.perm.length));
    rewriter.setInput(node, 0, held);
    node.attributes.set('perm', int(perm));
    if (isIdentity(perm)) passThrough(node, held, rewriter);
  }
}

/** Takes out a Transpose that keeps the order; where its output's name must stay it becomes an Identity. */
export function passThrough(node: Node, value: string, rewriter: Rewriter): void {
  if (rewriter.bypass(node, value)) return;
  node.opType = 'Identity';
  node.attributes.clear();
}

/** Takes away Transposes nobody reads any more, from `value` upwards. */
function removeUnread(value: string, rewriter: Rewriter): void {
  let at = value;
  for (;;) {
    const node = rewriter.producer(at);
    if (!node || !isTranspose(node) || rewriter.useCount(at) > 0 || rewriter.isPinned(at)) return;
    rewriter.remove(node);
    rewriter.graph.types.delete(at);
    at = node.inputs[0] ?? '';
  }
}
