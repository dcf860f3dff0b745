// Topological order that keeps the given order wherever it is already right.

import type { Graph, Node } from '../graph/model.ts';
import { nestedGraphs } from './nested.ts';

/** `nodes` with every node after the makers of what it reads, its sub-graphs included. Linear; no recursion. */
export function sortNodes(nodes: readonly Node[], producers: ReadonlyMap<string, Node>): Node[] {
  const sorted: Node[] = [];
  const state = new Map<Node, 'open' | 'done'>();
  for (const start of nodes) {
    const stack = [start];
    while (stack.length > 0) {
      const node = stack[stack.length - 1] as Node;
      if (state.has(node)) {
        stack.pop();
        if (state.get(node) === 'open') sorted.push(node);
        state.set(node, 'done');
        continue;
      }
      state.set(node, 'open');
      for (const value of reads(node)) {
        const producer = producers.get(value);
        if (producer && !state.has(producer)) stack.push(producer);
      }
    }
  }
  return sorted;
}

function reads(node: Node): string[] {
  const values = [...node.inputs];
  const graphs: Graph[] = nestedGraphs(node);
  for (let i = 0; i < graphs.length; i++) {
    const graph = graphs[i] as Graph;
    values.push(...graph.outputs);
    for (const inner of graph.nodes) {
      values.push(...inner.inputs);
      graphs.push(...nestedGraphs(inner));
    }
  }
  return values.reverse();
}
