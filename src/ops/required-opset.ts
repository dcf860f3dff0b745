// The opset a graph has to be written with.

import type { DType } from '../graph/dtype.ts';
import { type Graph, type Model, type Node, OPSET, type ValueType } from '../graph/model.ts';
import { lookup } from './registry.ts';
import { subgraphs } from './subgraphs.ts';

/** Element types that no operator took before these opsets. */
const dtypesSince: Readonly<Partial<Record<DType, number>>> = {
  float8e4m3fn: 19,
  float8e4m3fnuz: 19,
  float8e5m2: 19,
  float8e5m2fnuz: 19,
  int4: 21,
  uint4: 21,
  float4e2m1: 23,
  float8e8m0: 24,
  int2: 25,
  uint2: 25,
};

/** OPSET, or the later one that the model's operators, attributes or element types came with. */
export function requiredOpset(model: Model): number {
  let required = ofGraph(model.graph);
  for (const called of model.functions) {
    for (const node of called.nodes) required = Math.max(required, ofNode(node, false));
  }
  return required;
}

function ofGraph(graph: Graph): number {
  let required = OPSET;
  for (const type of graph.types.values())
    required = Math.max(required, dtypeSince(dtypeOf(type) ?? 'float32'));
  for (const node of graph.nodes) {
    const hasBfloat16 = [...node.inputs, ...node.outputs].some(
      (name) => dtypeOf(graph.types.get(name)) === 'bfloat16',
    );
    required = Math.max(required, ofNode(node, hasBfloat16));
  }
  return required;
}

function ofNode(node: Node, hasBfloat16: boolean): number {
  const signature = lookup(node)?.signature;
  const isCore = node.domain === '' || node.domain === 'ai.onnx';
  let required = isCore ? (signature?.since ?? 0) : 0;
  if (hasBfloat16) required = Math.max(required, signature?.later?.bfloat16 ?? 0);
  for (const [name, since] of Object.entries(signature?.later?.attributes ?? {})) {
    if (node.attributes.has(name)) required = Math.max(required, since);
  }
  for (const [count, since] of Object.entries(signature?.later?.inputs ?? {})) {
    if (node.inputs.length >= Number(count)) required = Math.max(required, since);
  }
  for (const graph of subgraphs(node)) required = Math.max(required, ofGraph(graph));
  return required;
}

/** The opset that brought an element type; 0 for those that always were. */
export function dtypeSince(dtype: DType): number {
  return dtypesSince[dtype] ?? 0;
}

export function dtypeOf(type: ValueType | undefined): DType | undefined {
  if (type === undefined) return undefined;
  return type.kind === 'tensor' ? type.dtype : dtypeOf(type.element);
}
