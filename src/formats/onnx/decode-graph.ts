// GraphProto, NodeProto and AttributeProto to the graph in memory.
// https://onnx.ai/onnx/api/classes.html#graphproto

import type { Int64 } from '../../encoding/protobuf.ts';
import { errors } from '../../errors.ts';
import type { Attribute, Graph, Node } from '../../graph/model.ts';
import { tensorType } from '../../graph/model.ts';
import { sortNodes } from '../../graph/order.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { decodeSparse, decodeTensor } from './decode-tensor.ts';
import { type AttributeProto, attributeTypes, type GraphProto, type NodeProto } from './schema.ts';
import type { Source } from './source.ts';
import { decodeType } from './types.ts';

export function decodeGraph(proto: GraphProto, source: Source): Graph {
  const initializers = new Map<string, Tensor>();
  const types: Graph['types'] = new Map();
  for (const value of [...proto.valueInfo, ...proto.input, ...proto.output]) {
    const type = decodeType(value.type);
    if (type !== undefined) types.set(value.name, type);
  }
  for (const item of proto.initializer) {
    const tensor = decodeTensor(item, source);
    initializers.set(item.name, tensor);
    types.set(item.name, tensorType(tensor.dtype, tensor.dims));
  }
  const sparse = proto.sparseInitializer.map((item) => sparseConstant(item, source));
  const constants = new Set([...initializers.keys(), ...sparse.flatMap((node) => node.outputs)]);
  const graph: Graph = {
    name: proto.name,
    // Before IR 4 every initializer was an input too; their values are constants all the same.
    inputs: proto.input.map((value) => value.name).filter((name) => !constants.has(name)),
    outputs: proto.output.map((value) => value.name),
    nodes: sortNodes([...sparse, ...decodeNodes(proto.node, source)]),
    initializers,
    types,
  };
  forgetUnknown(graph);
  if (proto.quantizationAnnotation.length > 0) {
    source.diagnose({
      code: 'ANNOTATIONS_DROPPED',
      severity: 'note',
      message: 'quantization annotations were dropped; the Q/DQ nodes of the graph say the same',
      where: { file: source.path },
    });
  }
  return graph;
}

// Tools that rewrite graphs leave the types of values behind that they removed.
function forgetUnknown(graph: Graph): void {
  const known = new Set([...graph.inputs, ...graph.outputs, ...graph.initializers.keys()]);
  for (const node of graph.nodes) for (const output of node.outputs) known.add(output);
  for (const name of graph.types.keys()) if (!known.has(name)) graph.types.delete(name);
}

/** Nodes with unique names; those without one are called after their operator. */
export function decodeNodes(protos: readonly NodeProto[], source: Source): Node[] {
  const taken = new Set<string>();
  let suffix = 0; // never goes back, so that thousands of nodes of one name stay linear
  return protos.map((proto) => {
    let name = proto.name || proto.opType;
    while (taken.has(name)) name = `${proto.name || proto.opType}_${++suffix}`;
    taken.add(name);
    if (proto.opType === '') return source.damaged('a node has no operator', { node: name });
    const node: Node = {
      name,
      opType: proto.opType,
      domain: decodeDomain(proto.domain),
      inputs: proto.input,
      outputs: proto.output,
      attributes: new Map(),
    };
    if (proto.overload !== '') node.overload = proto.overload;
    for (const item of proto.attribute) node.attributes.set(item.name, decodeAttribute(item, name, source));
    return node;
  });
}

/** 'ai.onnx' is the long name of the default domain. */
export function decodeDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

const kinds = new Map<number, keyof typeof attributeTypes>(
  Object.entries(attributeTypes).map(([kind, code]) => [code, kind as keyof typeof attributeTypes]),
);

export function decodeAttribute(proto: AttributeProto, node: string, source: Source): Attribute {
  const kind = kinds.get(proto.type) ?? (proto.type === 0 ? guess(proto) : undefined);
  if (kind === undefined) {
    throw errors.MODEL_INVALID(
      `node ${node} has attribute ${proto.name} of kind ${proto.type}, which mlctl does not read`,
      { file: source.path, node },
    );
  }
  if (proto.refAttrName !== '') return { type: 'reference', value: proto.refAttrName, of: kind };
  const text = (bytes: Uint8Array) => decodeText(bytes, proto.name, node, source);
  const missing = () => source.damaged(`attribute ${proto.name} has no value`, { node });
  switch (kind) {
    case 'float':
      return { type: 'float', value: proto.f };
    case 'int':
      return { type: 'int', value: Number(proto.i) };
    case 'string':
      return { type: 'string', value: text(proto.s) };
    case 'tensor':
      return { type: 'tensor', value: decodeTensor(proto.t ?? missing(), source) };
    case 'graph':
      return { type: 'graph', value: decodeGraph(proto.g ?? missing(), source) };
    case 'floats':
      return { type: 'floats', value: proto.floats };
    case 'ints':
      return { type: 'ints', value: proto.ints.map((value: Int64) => Number(value)) };
    case 'strings':
      return { type: 'strings', value: proto.strings.map(text) };
    case 'tensors':
      return { type: 'tensors', value: proto.tensors.map((item) => decodeTensor(item, source)) };
    case 'graphs':
      return { type: 'graphs', value: proto.graphs.map((item) => decodeGraph(item, source)) };
    case 'sparse':
      return { type: 'sparse', value: decodeSparse(proto.sparseTensor ?? missing(), source) };
    case 'type':
      return { type: 'type', value: decodeType(proto.tp) ?? missing() };
  }
}

// Files of IR 1 do not say which field is in use.
function guess(proto: AttributeProto): keyof typeof attributeTypes {
  if (Object.hasOwn(proto, 'f')) return 'float';
  if (Object.hasOwn(proto, 'i')) return 'int';
  if (Object.hasOwn(proto, 's')) return 'string';
  if (proto.t !== null) return 'tensor';
  if (proto.g !== null) return 'graph';
  if (proto.floats.length > 0) return 'floats';
  if (proto.strings.length > 0) return 'strings';
  return 'ints';
}

// A constant stored by its non-zero elements stays that way: a node makes it dense when the model runs.
function sparseConstant(proto: GraphProto['sparseInitializer'][number], source: Source): Node {
  const name = proto.values?.name ?? '';
  const value = decodeSparse(proto, source);
  return {
    name: `${name}/sparse`,
    opType: 'Constant',
    domain: '',
    inputs: [],
    outputs: [name],
    attributes: new Map([['sparse_value', { type: 'sparse', value }]]),
  };
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeText(bytes: Uint8Array, attribute: string, node: string, source: Source): string {
  try {
    return strict.decode(bytes);
  } catch {
    source.diagnose({
      code: 'ATTRIBUTE_NOT_TEXT',
      severity: 'warning',
      message: `attribute ${attribute} of node ${node} holds bytes that are not text; they will not survive writing`,
      where: { file: source.path, node },
    });
    return Buffer.from(bytes).toString('utf8');
  }
}
