// Removes constants that were stored anew and that nobody reads any more.

import type { Model } from '../../graph/model.ts';
import { allGraphs } from '../nested.ts';

export function dropUnread(model: Model): void {
  const { graph } = model;
  const read = new Set([...graph.inputs, ...graph.outputs]);
  for (const each of allGraphs(model)) {
    for (const value of each.outputs) read.add(value);
    for (const node of each.nodes) for (const value of node.inputs) read.add(value);
  }
  for (const value of [...graph.initializers.keys()]) {
    if (read.has(value)) continue;
    graph.initializers.delete(value);
    graph.types.delete(value);
  }
}
