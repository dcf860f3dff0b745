// What the report counts in a graph.

import { attribute } from '../../graph/attribute.ts';
import type { Model, Node } from '../../graph/model.ts';
import { borderOf } from '../../passes/border.ts';
import { allGraphs } from '../../passes/nested.ts';

export type Transposes = {
  /** Transpose nodes of the graph as read. */
  readonly inserted: number;
  readonly removed: number;
  /** Left inside the graph. */
  readonly remaining: number;
  /** Left at an input or output of the graph, or with nothing but a Reshape between. */
  readonly atBoundary: number;
};

/** Nodes of the graph and of the graphs inside it. */
export function countNodes(model: Model): number {
  return allGraphs(model).reduce((sum, graph) => sum + graph.nodes.length, 0);
}

export function countTransposes(model: Model): { inside: number; atBoundary: number } {
  let inside = 0;
  let atBoundary = 0;
  for (const graph of allGraphs(model)) {
    const transposes = graph.nodes.filter(isTranspose);
    const outermost = graph === model.graph ? transposes.filter(borderOf(graph)).length : 0;
    atBoundary += outermost;
    inside += transposes.length - outermost;
  }
  return { inside, atBoundary };
}

/** A Transpose, but not one that keeps the order of the axes. */
function isTranspose(node: Node): boolean {
  if (node.domain !== '' || node.opType !== 'Transpose') return false;
  const perm = attribute(node, 'perm', undefined as readonly number[] | undefined);
  return !perm?.every((axis, index) => axis === index);
}

export function reportTransposes(before: number, after: { inside: number; atBoundary: number }): Transposes {
  const left = after.inside + after.atBoundary;
  return {
    inserted: before,
    removed: Math.max(0, before - left),
    remaining: after.inside,
    atBoundary: after.atBoundary,
  };
}
