// The graphs inside a graph: bodies of If, Loop and Scan.

import type { Graph, Model, Node } from '../graph/model.ts';

/** The graphs a node holds as attributes. */
export function nestedGraphs(node: Node): Graph[] {
  const graphs: Graph[] = [];
  for (const attribute of node.attributes.values()) {
    if (attribute.type === 'graph') graphs.push(attribute.value);
    if (attribute.type === 'graphs') graphs.push(...attribute.value);
  }
  return graphs;
}

/** Every graph of a model, the main one first. */
export function allGraphs(model: Model): Graph[] {
  const graphs = [model.graph];
  for (let i = 0; i < graphs.length; i++) {
    for (const node of (graphs[i] as Graph).nodes) graphs.push(...nestedGraphs(node));
  }
  return graphs;
}
