// Topological order of nodes.

import type { Graph, Node } from './model.ts';

/**
 * The nodes so that each comes after those whose outputs it reads, keeping the given order wherever it already is
 * one. Nodes on a cycle keep their place at the end; `validate` names them. Linear in nodes and edges.
 */
export function sortNodes(nodes: readonly Node[]): Node[] {
  const maker = new Map<string, number>();
  nodes.forEach((node, index) => {
    for (const output of node.outputs) if (output !== '') maker.set(output, index);
  });
  const needs = nodes.map((node) => neededNodes(node, maker));
  if (needs.every((before, index) => before.every((other) => other < index))) return [...nodes];
  return visit(nodes, needs);
}

/** Names of values the node reads, those its subgraphs capture from outside included; '' left out. */
export function readValues(node: Node): string[] {
  const values = node.inputs.filter((input) => input !== '');
  for (const attribute of node.attributes.values()) {
    if (attribute.type === 'graph') values.push(...capturedValues(attribute.value));
    else if (attribute.type === 'graphs')
      for (const graph of attribute.value) values.push(...capturedValues(graph));
  }
  return values;
}

/** Names a subgraph uses without defining them: they come from a graph around it. */
export function capturedValues(graph: Graph): Set<string> {
  const defined = new Set([...graph.inputs, ...graph.initializers.keys()]);
  for (const node of graph.nodes) for (const output of node.outputs) defined.add(output);
  const captured = new Set<string>();
  const see = (name: string) => {
    if (!defined.has(name)) captured.add(name);
  };
  for (const node of graph.nodes) for (const value of readValues(node)) see(value);
  for (const output of graph.outputs) see(output);
  return captured;
}

function neededNodes(node: Node, maker: ReadonlyMap<string, number>): number[] {
  const needed = new Set<number>();
  for (const value of readValues(node)) {
    const index = maker.get(value);
    if (index !== undefined) needed.add(index);
  }
  return [...needed];
}

// Depth first with a stack of our own: a chain of a hundred thousand nodes must not overflow the call stack.
function visit(nodes: readonly Node[], needs: readonly (readonly number[])[]): Node[] {
  const sorted: Node[] = [];
  const state = new Uint8Array(nodes.length); // 0 not seen, 1 waiting for its inputs, 2 placed
  const cursor = new Uint32Array(nodes.length);
  for (let start = 0; start < nodes.length; start++) {
    const stack = [start];
    while (stack.length > 0) {
      const index = stack[stack.length - 1] as number;
      if (state[index] === 2) {
        stack.pop();
        continue;
      }
      state[index] = 1;
      const before = needs[index] ?? [];
      const at = cursor[index] ?? 0;
      const next = before[at];
      if (next !== undefined) {
        cursor[index] = at + 1;
        if (state[next] === 0) stack.push(next);
        continue;
      }
      state[index] = 2;
      stack.pop();
      sorted.push(nodes[index] as Node);
    }
  }
  return sorted;
}
