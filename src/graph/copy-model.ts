// A copy of a model's graphs that may be rewritten: nodes, lists and maps are new, weights are shared.

import type { Attribute, Graph, Model, ModelFunction, Node } from './model.ts';

export function copyModel(model: Model): Model {
  return {
    ...model,
    graph: copyGraph(model.graph),
    opsets: new Map(model.opsets),
    functions: model.functions.map(copyFunction),
    metadata: new Map(model.metadata),
  };
}

function copyFunction(called: ModelFunction): ModelFunction {
  return { ...called, opsets: new Map(called.opsets), nodes: called.nodes.map(copyNode) };
}

export function copyGraph(graph: Graph): Graph {
  return {
    name: graph.name,
    inputs: [...graph.inputs],
    outputs: [...graph.outputs],
    nodes: graph.nodes.map(copyNode),
    initializers: new Map(graph.initializers),
    types: new Map(graph.types),
  };
}

export function copyNode(node: Node): Node {
  const attributes = [...node.attributes].map(([name, value]) => [name, copyAttribute(value)] as const);
  return {
    ...node,
    inputs: [...node.inputs],
    outputs: [...node.outputs],
    attributes: new Map(attributes),
  };
}

function copyAttribute(attribute: Attribute): Attribute {
  if (attribute.type === 'graph') return { type: 'graph', value: copyGraph(attribute.value) };
  if (attribute.type === 'graphs') return { type: 'graphs', value: attribute.value.map(copyGraph) };
  return attribute;
}
