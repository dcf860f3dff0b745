// TFLite computes in float32: a graph in float16, bfloat16 or float64 is rewritten to do so too, with a Cast at its
// inputs and outputs, which keep their element type.

import type { Context } from '../../context.ts';
import { int } from '../../graph/attribute.ts';
import type { DType } from '../../graph/dtype.ts';
import { fromBfloat16, fromFloat16, widened } from '../../graph/half-precision.ts';
import { type Attribute, type Graph, type Model, type Node, tensorType } from '../../graph/model.ts';
import { float32, type Tensor, type TypedArray } from '../../graph/tensor.ts';
import { elementType, elementTypeName } from '../../ops/element-type.ts';
import { Names } from '../../passes/names.ts';
import { allGraphs } from '../../passes/nested.ts';

/** Says whether weights came in float16: those that fit are written so. */
export function computeInFloat32(model: Model, context: Context): boolean {
  const graphs = allGraphs(model);
  // It looks at bits: another type would be another model. The emitters refuse it.
  if (graphs.some(({ nodes }) => nodes.some(({ opType }) => opType === 'BitCast'))) return false;
  const found = new Set<DType>();
  for (const graph of graphs) {
    for (const type of graph.types.values()) if (type.kind === 'tensor') found.add(type.dtype);
    for (const { dtype } of graph.initializers.values()) found.add(dtype);
  }
  if (![...found].some(isOther)) return false;
  if (found.has('float64')) {
    context.diagnose({
      code: 'COMPUTED_IN_FLOAT32',
      severity: 'warning',
      message: 'TFLite has no arithmetic in float64: the model is written in float32',
    });
  }
  const isHalf = graphs.some(({ initializers }) =>
    [...initializers.values()].some(({ dtype }) => dtype === 'float16'),
  );
  const names = new Names(model);
  for (const graph of graphs) narrow(graph, graph === model.graph, names);
  return isHalf;
}

function narrow(graph: Graph, isMain: boolean, names: Names): void {
  const wide = (name: string) => {
    const type = graph.types.get(name);
    return type?.kind === 'tensor' && isOther(type.dtype) ? type : undefined;
  };
  const before: Node[] = [];
  const after: Node[] = [];
  const renamed = new Map<string, string>();
  const types = new Map(graph.types);
  if (isMain) {
    for (const name of graph.inputs) {
      const type = wide(name);
      if (type === undefined) continue;
      const inner = names.value(`${name}/float32`);
      renamed.set(name, inner);
      before.push(cast(names, name, inner, 'float32'));
      types.set(inner, tensorType('float32', type.shape));
    }
  }
  for (const [name, type] of graph.types) {
    if (type.kind !== 'tensor' || !isOther(type.dtype)) continue;
    if (isMain && graph.inputs.includes(name)) continue;
    types.set(name, tensorType('float32', type.shape));
  }
  if (isMain) {
    for (const name of graph.outputs) {
      const type = wide(name);
      if (type === undefined || graph.inputs.includes(name)) continue;
      const inner = names.value(`${name}/float32`);
      renamed.set(name, inner);
      after.push(cast(names, inner, name, type.dtype));
      types.set(inner, tensorType('float32', type.shape));
      types.set(name, type);
    }
  }
  for (const [name, tensor] of graph.initializers) {
    if (!isOther(tensor.dtype)) continue;
    const held = toFloat32(tensor);
    const inner = renamed.get(name);
    if (inner !== undefined) graph.initializers.delete(name);
    graph.initializers.set(inner ?? name, held);
  }
  for (const node of graph.nodes) {
    node.inputs = node.inputs.map((name) => renamed.get(name) ?? name);
    node.outputs = node.outputs.map((name) => renamed.get(name) ?? name);
    for (const [name, attribute] of node.attributes)
      node.attributes.set(name, narrowAttribute(name, attribute));
    rename(node, renamed);
  }
  graph.nodes = [...before, ...graph.nodes, ...after];
  graph.types = types;
}

function cast(names: Names, from: string, to: string, dtype: DType): Node {
  return {
    name: names.node(`${to}/cast`),
    opType: 'Cast',
    domain: '',
    inputs: [from],
    outputs: [to],
    attributes: new Map([['to', int(elementType(dtype))]]),
  };
}

/** Graphs inside read values of this one. */
function rename(node: Node, renamed: ReadonlyMap<string, string>): void {
  if (renamed.size === 0) return;
  for (const attribute of node.attributes.values()) {
    const graphs =
      attribute.type === 'graph' ? [attribute.value] : attribute.type === 'graphs' ? attribute.value : [];
    for (const graph of graphs) {
      graph.outputs = graph.outputs.map((name) => renamed.get(name) ?? name);
      for (const inner of graph.nodes) {
        inner.inputs = inner.inputs.map((name) => renamed.get(name) ?? name);
        rename(inner, renamed);
      }
    }
  }
}

function narrowAttribute(name: string, attribute: Attribute): Attribute {
  if (attribute.type === 'tensor' && isOther(attribute.value.dtype)) {
    return { type: 'tensor', value: toFloat32(attribute.value) };
  }
  const isType = name === 'to' || name === 'dtype' || name === 'stash_type' || name === 'output_dtype';
  if (!isType || attribute.type !== 'int') return attribute;
  const dtype = elementTypeName(attribute.value);
  return dtype !== undefined && isOther(dtype) ? int(elementType('float32')) : attribute;
}

function isOther(dtype: DType): boolean {
  return dtype === 'float16' || dtype === 'bfloat16' || dtype === 'float64';
}

export function toFloat32({ dtype, dims, data }: Tensor): Tensor {
  if (dtype === 'float64') return float32(dims, Float32Array.from(data as Float64Array));
  const bits = data as TypedArray as Uint16Array;
  return float32(dims, widened(bits, dtype === 'bfloat16' ? fromBfloat16 : fromFloat16));
}
