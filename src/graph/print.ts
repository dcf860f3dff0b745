// A graph as text, one node a line: for `inspect --ops` and for debugging.

import type { Attribute, Graph, Model, Node, ValueType } from './model.ts';
import type { Tensor } from './tensor.ts';

/**
 * @example
 * printModel(model);
 * // graph net (%x: float32[batch,3,64,64]) -> (%y: float32[batch,10])
 * //   const %w: float32[32,3,3,3]
 * //   %h = Conv(%x, %w) {strides=[2,2]}  float32[batch,32,32,32]
 */
export function printModel(model: Model): string {
  const lines = printGraph(model.graph);
  for (const made of model.functions) {
    const called = `${made.domain}:${made.name}`;
    lines.push('', `function ${called} (${values(made.inputs)}) -> (${values(made.outputs)})`);
    for (const node of made.nodes) lines.push(...printNode(node, undefined, '  '));
  }
  return lines.join('\n');
}

/** `float32[batch,10]`, `sequence(float32[?])`, `float32[...]` when the rank is unknown. */
export function printType(type: ValueType | undefined): string {
  if (type === undefined) return '?';
  switch (type.kind) {
    case 'tensor':
      return `${type.dtype}[${type.shape === undefined ? '...' : type.shape.map((dim) => dim ?? '?').join(',')}]`;
    case 'map':
      return `map(${type.key}, ${printType(type.element)})`;
    default:
      return `${type.kind}(${printType(type.element)})`;
  }
}

function printGraph(graph: Graph, indent = ''): string[] {
  const typed = (name: string) => `%${name}: ${printType(graph.types.get(name))}`;
  const inputs = graph.inputs.map(typed).join(', ');
  const outputs = graph.outputs.map(typed).join(', ');
  const lines = [`${indent}graph ${graph.name} (${inputs}) -> (${outputs})`];
  const inner = `${indent}  `;
  for (const [name, tensor] of graph.initializers)
    lines.push(`${inner}const %${name}: ${printTensor(tensor)}`);
  for (const node of graph.nodes) lines.push(...printNode(node, graph, inner));
  return lines;
}

function printNode(node: Node, graph: Graph | undefined, indent: string): string[] {
  const name = node.domain === '' ? node.opType : `${node.domain}:${node.opType}`;
  const attributes = [...node.attributes].map(([key, attribute]) => `${key}=${printAttribute(attribute)}`);
  const types = graph ? node.outputs.map((output) => printType(graph.types.get(output))).join(', ') : '';
  const head = `${values(node.outputs)} = ${name}(${values(node.inputs)})`;
  const tail = `${attributes.length > 0 ? ` {${attributes.join(', ')}}` : ''}${types ? `  ${types}` : ''}`;
  const lines = [`${indent}${head}${tail}`];
  for (const attribute of node.attributes.values()) {
    const graphs =
      attribute.type === 'graph' ? [attribute.value] : attribute.type === 'graphs' ? attribute.value : [];
    for (const inner of graphs) lines.push(...printGraph(inner, `${indent}  `));
  }
  return lines;
}

function values(names: readonly string[]): string {
  return names.map((name) => (name === '' ? '-' : `%${name}`)).join(', ');
}

function printAttribute(attribute: Attribute): string {
  switch (attribute.type) {
    case 'int':
    case 'float':
      return String(attribute.value);
    case 'string':
      return JSON.stringify(attribute.value);
    case 'ints':
    case 'floats':
      return `[${short(attribute.value.map(String))}]`;
    case 'strings':
      return `[${short(attribute.value.map((text) => JSON.stringify(text)))}]`;
    case 'tensor':
      return printTensor(attribute.value);
    case 'tensors':
      return `[${short(attribute.value.map(printTensor))}]`;
    case 'graph':
      return `graph ${attribute.value.name}`;
    case 'graphs':
      return `[${attribute.value.map((graph) => `graph ${graph.name}`).join(',')}]`;
    case 'type':
      return printType(attribute.value);
    case 'sparse':
      return `sparse ${attribute.value.values.dtype}[${attribute.value.dims.join(',')}]`;
    case 'reference':
      return `@${attribute.value}`;
  }
}

// Small constants are worth reading: shapes, axes, scalars.
function printTensor(tensor: Tensor): string {
  const type = `${tensor.dtype}[${tensor.dims.join(',')}]`;
  if (tensor.data.length > 8) return type;
  const items = Array.from(tensor.data as ArrayLike<unknown>, (item) =>
    typeof item === 'string' ? JSON.stringify(item) : String(item),
  );
  return `${type} (${items.join(', ')})`;
}

function short(items: readonly string[]): string {
  return items.length > 16 ? `${items.slice(0, 16).join(',')},… ${items.length} in all` : items.join(',');
}
