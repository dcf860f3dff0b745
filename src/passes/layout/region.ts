// The part of a graph through which one layout can spread, and what it would cost to hold which of its values that way.

import type { Node } from '../../graph/model.ts';
import { isMovable } from '../../graph/rearrange.ts';
import type { Rewriter } from '../uses.ts';
import { costOf } from './costs.ts';
import { compose, isIdentity, isSameLayout, type Layout } from './layout.ts';
import { Network, UNCUTTABLE } from './min-cut.ts';
import type { Operand, Plan } from './mover.ts';
import type { MoverOf } from './movers.ts';
import { isTranspose, isTransposeTo, permOf } from './transpose.ts';

export type Region = {
  /** Layout each value of the region could be held in. */
  readonly values: Map<string, Layout>;
  readonly plans: Map<Node, Plan>;
};

/** Everything that could follow when `value` is held in `layout`. */
export function growRegion(value: string, layout: Layout, moverOf: MoverOf, rewriter: Rewriter): Region {
  const region: Region = { values: new Map([[value, layout]]), plans: new Map() };
  const open = [value];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const [node, operand] of neighbours(at, rewriter)) {
      if (region.plans.has(node)) continue;
      const plan = moverOf(node)?.(node, operand, region.values.get(at) ?? layout, rewriter);
      if (plan && accept(node, plan, region, rewriter, open)) region.plans.set(node, plan);
    }
  }
  return region;
}

function neighbours(value: string, rewriter: Rewriter): [Node, Operand][] {
  const found: [Node, Operand][] = [];
  const producer = rewriter.producer(value);
  if (producer) found.push([producer, { side: 'output', index: producer.outputs.indexOf(value) }]);
  for (const { node, index, inner } of rewriter.users(value)) {
    if (!inner) found.push([node, { side: 'input', index }]);
  }
  return found;
}

/** Adds the node's operands to the region, unless one of them is wanted in two layouts. */
function accept(node: Node, plan: Plan, region: Region, rewriter: Rewriter, open: string[]): boolean {
  const operands = [
    ...node.inputs.map((value, index) => [value, plan.inputs[index]] as const),
    ...node.outputs.map((value, index) => [value, plan.outputs[index]] as const),
  ].filter(([value, layout]) => value !== '' && layout !== undefined && layout.kind !== 'same');
  const wanted = new Map<string, Layout>();
  for (const [value, layout] of operands) {
    if (!layout) continue;
    const constant = rewriter.constant(value);
    if (constant && !isMovable(constant)) return false;
    const before = region.values.get(value) ?? (constant ? undefined : wanted.get(value));
    if (before && !isSameLayout(before, layout)) return false;
    wanted.set(value, layout);
  }
  for (const [value, layout] of wanted) {
    if (region.values.has(value) || rewriter.constant(value)) continue;
    region.values.set(value, layout);
    open.push(value);
  }
  return true;
}

/** The nodes of the region that should work on held values; empty when nothing is gained. */
export function chooseNodes(region: Region, rewriter: Rewriter): Set<Node> {
  const network = new Network();
  const vertices = new Map<Node, number>();
  for (const node of region.plans.keys()) vertices.set(node, network.vertex());
  let present = 0;
  for (const [value, layout] of region.values) {
    present += addValue(value, layout, region, vertices, network, rewriter);
  }
  for (const [node, vertex] of vertices) {
    const { cost } = region.plans.get(node) ?? {};
    if (cost) network.edge(vertex, Network.sink, cost);
  }
  const { cost, sourceSide } = network.cut();
  const chosen = new Set<Node>();
  if (cost >= present) return chosen;
  for (const [node, vertex] of vertices) if (sourceSide.has(vertex)) chosen.add(node);
  return chosen;
}

/**
 * Source side means held, sink side means as it is. A value made one way and read the other way costs one Transpose,
 * however many readers share it. Returns what the value costs at present.
 */
function addValue(
  value: string,
  layout: Layout,
  region: Region,
  vertices: ReadonlyMap<Node, number>,
  network: Network,
  rewriter: Rewriter,
): number {
  const maker = makerVertex(value, layout, vertices, network, rewriter);
  let heldReaders = 0;
  let plainReaders = rewriter.isPinned(value) ? 1 : 0;
  const flexible = new Set<number>();
  for (const { node, index, inner } of rewriter.users(value)) {
    const vertex = vertices.get(node);
    const reads = region.plans.get(node)?.inputs[index];
    if (!inner && isTransposeTo(node, layout)) heldReaders++;
    else if (!inner && layout.kind === 'perm' && isTranspose(node)) continue;
    else if (!inner && vertex !== undefined && reads && reads.kind !== 'same') flexible.add(vertex);
    else plainReaders++;
  }
  const cost = costOf(value, layout, rewriter);
  const held = network.vertex();
  const plain = network.vertex();
  network.edge(held, maker, cost);
  network.edge(maker, plain, cost);
  if (heldReaders > 0) network.edge(Network.source, held, UNCUTTABLE);
  if (plainReaders > 0) network.edge(plain, Network.sink, UNCUTTABLE);
  for (const vertex of flexible) {
    network.edge(vertex, held, UNCUTTABLE);
    network.edge(plain, vertex, UNCUTTABLE);
  }
  const isPlainRead = plainReaders + flexible.size > 0;
  const isHeldRead = heldReaders > 0;
  if (maker === Network.source) return isPlainRead ? cost : 0;
  if (maker === Network.sink || vertices.has(rewriter.producer(value) as Node)) return isHeldRead ? cost : 0;
  return isHeldRead && isPlainRead ? cost : 0;
}

function makerVertex(
  value: string,
  layout: Layout,
  vertices: ReadonlyMap<Node, number>,
  network: Network,
  rewriter: Rewriter,
): number {
  const producer = rewriter.producer(value);
  const vertex = producer && vertices.get(producer);
  if (vertex !== undefined) return vertex;
  if (!producer || !isTranspose(producer) || layout.kind !== 'perm') return Network.sink;
  // A Transpose that undoes the layout has the held value as its input; any other one can give either.
  return isIdentity(compose(permOf(producer, layout.perm.length), layout.perm))
    ? Network.source
    : network.vertex();
}
