// Who reads each value of a graph, and what its constants hold, for code that only looks: passes have the Rewriter's index.

import type { Graph, Node } from './model.ts';
import type { Tensor } from './tensor.ts';

/** The nodes of this graph that read each value, each once. */
export function readersOf(graph: Graph): ReadonlyMap<string, readonly Node[]> {
  const readers = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    for (const input of new Set(node.inputs)) {
      const list = readers.get(input);
      if (list) list.push(node);
      else readers.set(input, [node]);
    }
  }
  return readers;
}

/** Initializers, and the tensors that Constant nodes hold. */
export function constantsOf(graph: Graph): ReadonlyMap<string, Tensor> {
  const constants = new Map(graph.initializers);
  for (const { opType, domain, attributes, outputs } of graph.nodes) {
    const held = opType === 'Constant' && domain === '' ? attributes.get('value') : undefined;
    if (held?.type === 'tensor') constants.set(outputs[0] ?? '', held.value);
  }
  return constants;
}
