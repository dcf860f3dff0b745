// What the report counts in a graph.

import { attribute } from '../../graph/attribute.ts';
import type { Model, Node } from '../../graph/model.ts';
import { allGraphs } from '../../passes/nested.ts';

export type Transposes = {
  /** Transpose nodes of the graph as read. */
  readonly inserted: number;
  readonly removed: number;
  /** Left inside the graph. */
  readonly remaining: number;
  /** Left directly at an input or output of the graph. */
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
    const borders = new Set(graph === model.graph ? [...graph.inputs, ...graph.outputs] : []);
    for (const node of graph.nodes) {
      if (!isTranspose(node)) continue;
      if (borders.has(node.inputs[0] ?? '') || borders.has(node.outputs[0] ?? '')) atBoundary++;
      else inside++;
    }
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
