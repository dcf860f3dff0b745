// Where a graph begins and ends: the nodes by which its inputs and outputs are called, in the layout they have outside.

import type { Graph, Node } from '../graph/model.ts';

/** Operators that give the same elements in the same order another shape. */
const reshaping: ReadonlySet<string> = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze']);

/**
 * A test for nodes of this graph: whether only operators that reshape stand between its first input and an input of the
 * graph, or between its first output and an output.
 *
 * @example const outermost = graph.nodes.filter(borderOf(graph));
 */
export function borderOf(graph: Graph): (node: Node) => boolean {
  const makers = new Map<string, Node>();
  const readers = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    for (const name of node.outputs) makers.set(name, node);
    for (const name of new Set(node.inputs)) readers.set(name, [...(readers.get(name) ?? []), node]);
  }
  const [inputs, outputs] = [new Set(graph.inputs), new Set(graph.outputs)];
  // No path is longer, unless it runs in a circle.
  const path = [...graph.nodes, undefined];
  const isRead = (name: string): boolean => {
    let at = name;
    for (const _ of path) {
      if (inputs.has(at)) return true;
      const maker = makers.get(at);
      if (maker === undefined || !isReshape(maker)) return false;
      at = maker.inputs[0] ?? '';
    }
    return false;
  };
  const isGiven = (name: string): boolean => {
    let at = name;
    for (const _ of path) {
      if (outputs.has(at)) return true;
      const [reader, another] = readers.get(at) ?? [];
      // What reads it as a shape is no way out.
      if (reader === undefined || another !== undefined || !isReshape(reader) || reader.inputs[0] !== at)
        return false;
      at = reader.outputs[0] ?? '';
    }
    return false;
  };
  return ({ inputs: [from = ''], outputs: [to = ''] }) => isRead(from) || isGiven(to);
}

function isReshape({ domain, opType }: Node): boolean {
  return domain === '' && reshaping.has(opType);
}
