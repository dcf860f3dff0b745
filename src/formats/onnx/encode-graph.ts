// The records of nodes, attributes, tensors and values, as the schema takes them.
// https://onnx.ai/onnx/api/classes.html#nodeproto

import { toInt64 } from '../../encoding/protobuf.ts';
import type { Attribute, Graph, ModelFunction, Node, SparseTensor, ValueType } from '../../graph/model.ts';
import { type Tensor, tensorView } from '../../graph/tensor.ts';
import { elementType } from '../../ops/element-type.ts';
import { attributeTypes } from './schema.ts';
import { encodeType } from './types.ts';

export function encodeNode(node: Node): object {
  return {
    name: node.name,
    opType: node.opType,
    domain: node.domain || undefined,
    overload: node.overload || undefined,
    input: node.inputs,
    output: node.outputs,
    attribute: [...node.attributes].map(([name, attribute]) => encodeAttribute(name, attribute)),
  };
}

export function encodeValue(name: string, type: ValueType | undefined): object {
  return { name, type: type && encodeType(type) };
}

export function encodeTensor(tensor: Tensor): {
  dims: readonly number[];
  dataType: number;
  rawData?: Uint8Array;
  stringData?: Uint8Array[];
} {
  const { dims } = tensor;
  const dataType = elementType(tensor.dtype);
  if (tensor.dtype === 'string') {
    const stringData = (tensor.data as readonly string[]).map((text) => Buffer.from(text));
    return { dims, dataType, stringData };
  }
  return { dims, dataType, rawData: tensorView(tensor) };
}

export function encodeFunction(made: ModelFunction): object {
  return {
    name: made.name,
    domain: made.domain,
    overload: made.overload || undefined,
    input: made.inputs,
    output: made.outputs,
    attribute: made.attributes,
    attributeProto: [...made.attributeDefaults].map(([name, value]) => encodeAttribute(name, value)),
    node: made.nodes.map(encodeNode),
  };
}

function encodeAttribute(name: string, attribute: Attribute): object {
  const kind = attribute.type === 'reference' ? attribute.of : attribute.type;
  return { name, type: attributeTypes[kind], ...encodeAttributeValue(attribute) };
}

function encodeAttributeValue(attribute: Attribute): object {
  switch (attribute.type) {
    case 'float':
      return { f: attribute.value };
    case 'int':
      return { i: toInt64(attribute.value) };
    case 'string':
      return { s: Buffer.from(attribute.value) };
    case 'tensor':
      return { t: encodeTensor(attribute.value) };
    case 'graph':
      return { g: encodeSubgraph(attribute.value) };
    case 'floats':
      return { floats: attribute.value };
    case 'ints':
      return { ints: attribute.value.map(toInt64) };
    case 'strings':
      return { strings: attribute.value.map((text) => Buffer.from(text)) };
    case 'tensors':
      return { tensors: attribute.value.map(encodeTensor) };
    case 'graphs':
      return { graphs: attribute.value.map(encodeSubgraph) };
    case 'type':
      return { tp: encodeType(attribute.value) };
    case 'sparse':
      return { sparseTensor: encodeSparse(attribute.value) };
    case 'reference':
      return { refAttrName: attribute.value };
  }
}

function encodeSparse(sparse: SparseTensor): object {
  return { values: encodeTensor(sparse.values), indices: encodeTensor(sparse.indices), dims: sparse.dims };
}

// Unlike the main graph, a subgraph goes into one piece: its constants are small.
function encodeSubgraph(graph: Graph): object {
  return {
    name: graph.name || 'graph',
    node: graph.nodes.map(encodeNode),
    initializer: [...graph.initializers].map(([name, tensor]) => ({ ...encodeTensor(tensor), name })),
    input: graph.inputs.map((name) => encodeValue(name, graph.types.get(name))),
    output: graph.outputs.map((name) => encodeValue(name, graph.types.get(name))),
    valueInfo: innerValues(graph).map((name) => encodeValue(name, graph.types.get(name))),
  };
}

/** Values between inputs and outputs whose type is declared or inferred. */
export function innerValues(graph: Graph): string[] {
  const outer = new Set([...graph.inputs, ...graph.outputs]);
  return graph.nodes
    .flatMap((node) => node.outputs)
    .filter((name) => name !== '' && !outer.has(name) && graph.types.has(name));
}
