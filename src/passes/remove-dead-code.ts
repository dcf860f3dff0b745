// Removes what no output depends on.
//
//   1. A node none of whose outputs is read is removed, and then the nodes only it depended on.
//   2. An initializer nobody reads is removed (unless it is the default of a graph input).
//   3. Optional outputs that nobody reads are left out, where the operator allows it: dropped at the end of the list, blank
//      before that.

import { attribute } from '../graph/attribute.ts';
import type { Graph, Model, Node } from '../graph/model.ts';
import type { Pass } from './definition.ts';
import { nestedGraphs } from './nested.ts';

export default {
  name: 'remove-dead-code',
  run(model: Model) {
    return { modified: clean(model.graph, new Set()) };
  },
} satisfies Pass;

/** Cleans a graph and the ones inside it; adds the outer values it reads to `captured`. */
function clean(graph: Graph, captured: Set<string>): number {
  let modified = 0;
  const live = new Set(graph.outputs);
  const kept: Node[] = [];
  // Backwards, a node's readers come before the node: one walk is enough.
  for (let index = graph.nodes.length - 1; index >= 0; index--) {
    const node = graph.nodes[index] as Node;
    if (!node.outputs.some((output) => live.has(output))) {
      modified++;
      continue;
    }
    kept.push(node);
    for (const input of node.inputs) if (input) live.add(input);
    for (const inner of nestedGraphs(node)) modified += clean(inner, live);
    modified += dropOutputs(node, live);
  }
  graph.nodes = kept.reverse();
  const inputs = new Set(graph.inputs);
  for (const name of graph.initializers.keys()) {
    if (live.has(name) || inputs.has(name)) continue;
    graph.initializers.delete(name);
    modified++;
  }
  forgetTypes(graph);
  for (const name of live) captured.add(name);
  return modified;
}

// Operators whose outputs after the first are optional; of the recurrent ones the first is as well.
// https://onnx.ai/onnx/operators/
const withOptionalOutputs = new Set([
  'BatchNormalization',
  'Dropout',
  'MaxPool',
  'LSTM',
  'GRU',
  'RNN',
  'LayerNormalization',
]);

const recurrent = new Set(['LSTM', 'GRU', 'RNN']);

function dropOutputs(node: Node, live: ReadonlySet<string>): number {
  if (node.domain !== '' || !withOptionalOutputs.has(node.opType)) return 0;
  // Training gives the running statistics as well; they come all together or not at all.
  if (attribute(node, 'training_mode', 0) !== 0) return 0;
  let dropped = 0;
  while (node.outputs.length > 1 && !live.has(node.outputs[node.outputs.length - 1] ?? '')) {
    node.outputs.pop();
    dropped++;
  }
  const first = recurrent.has(node.opType) ? 0 : 1;
  for (let index = first; index < node.outputs.length; index++) {
    const output = node.outputs[index];
    if (!output || live.has(output)) continue;
    node.outputs[index] = '';
    dropped++;
  }
  return dropped;
}

function forgetTypes(graph: Graph): void {
  const known = new Set([...graph.inputs, ...graph.outputs, ...graph.initializers.keys()]);
  for (const node of graph.nodes) for (const output of node.outputs) known.add(output);
  for (const name of graph.types.keys()) if (!known.has(name)) graph.types.delete(name);
}
