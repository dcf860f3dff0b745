// Visits a model's graph and the graphs inside If, Loop and Scan, each with what it may see of the ones around it.

import type { Graph, Model, Node } from '../graph/model.ts';
import { Names } from './names.ts';
import { nestedGraphs } from './nested.ts';
import { Rewriter } from './uses.ts';

/** Runs `rewrite` on every graph of the model, outer graphs first, and returns the sum of what it changed. */
export function rewriteGraphs(model: Model, rewrite: (rewriter: Rewriter) => number): number {
  const names = new Names(model);
  let modified = 0;
  const visit = (graph: Graph, outer: Rewriter | undefined): void => {
    const rewriter = new Rewriter(graph, names, outer);
    modified += rewrite(rewriter);
    rewriter.commit();
    for (const node of graph.nodes) for (const inner of nestedGraphs(node)) visit(inner, rewriter);
  };
  visit(model.graph, undefined);
  return modified;
}

/** Offers every node that is still there to `change`, graph by graph, and returns how often it said it did something. */
export function rewriteNodes(model: Model, change: (node: Node, rewriter: Rewriter) => boolean): number {
  return rewriteGraphs(model, (rewriter) => {
    let count = 0;
    for (const node of rewriter.nodes()) if (rewriter.has(node) && change(node, rewriter)) count++;
    return count;
  });
}
