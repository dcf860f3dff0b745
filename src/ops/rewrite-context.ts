// What a rewrite of upgrade.ts or downgrade.ts may ask and do.

import { type Graph, type Model, type Node, shapeOf } from '../graph/model.ts';
import type { UpgradeContext } from './definition.ts';
import { invalid } from './infer.ts';
import { Names } from './names.ts';
import { constantOf, type Scope, typeOf } from './scope.ts';
import { subgraphs } from './subgraphs.ts';

export function rewriteContext(
  model: Model,
  scope: Scope,
  names: Names,
  opsets: Map<Graph, number>,
): UpgradeContext {
  return {
    model,
    graph: scope.graph,
    fresh: (name) => names.take(name),
    fail: invalid,
    read(node, kind, name, fallback) {
      const found = node.attributes.get(name);
      if (found === undefined) return fallback;
      // Its type says so, but not to the compiler.
      if (found.type === kind) return found.value as typeof fallback;
      return invalid(node, `attribute "${name}" must be of kind ${kind}, not ${found.type}`);
    },
    follows: (graph, opset) => void opsets.set(graph, opset),
    shape: (value) => shapeOf(typeOf(scope, value)),
    dtype(value) {
      const type = typeOf(scope, value);
      return type?.kind === 'tensor' ? type.dtype : undefined;
    },
    tensor: (value) => constantOf(scope, value),
    constant(name, tensor) {
      const value = names.take(name);
      scope.graph.initializers.set(value, tensor);
      scope.graph.types.set(value, { kind: 'tensor', dtype: tensor.dtype, shape: tensor.dims });
      return value;
    },
  };
}

/** Every value name of the model, sub-graphs included, since inner graphs see the names around them. */
export function takenNames(model: Model): Names {
  const names = new Names();
  const collect = (nodes: readonly Node[]): void => {
    for (const node of nodes) {
      for (const name of [...node.inputs, ...node.outputs]) names.add(name);
      for (const graph of subgraphs(node)) collectGraph(graph);
    }
  };
  const collectGraph = (graph: Graph): void => {
    for (const name of [...graph.inputs, ...graph.outputs, ...graph.initializers.keys()]) names.add(name);
    collect(graph.nodes);
  };
  collectGraph(model.graph);
  for (const called of model.functions) collect(called.nodes);
  return names;
}
