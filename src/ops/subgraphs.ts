// The graphs a node carries: branches, loop bodies.

import type { Graph, Node } from '../graph/model.ts';

export function subgraphs(node: Node): readonly Graph[] {
  const found: Graph[] = [];
  for (const attribute of node.attributes.values()) {
    if (attribute.type === 'graph') found.push(attribute.value);
    if (attribute.type === 'graphs') found.push(...attribute.value);
  }
  return found;
}
