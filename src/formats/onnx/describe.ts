// What an ONNX file says about itself. Reads the messages, not the weights: external data need not be there.

import type { Context } from '../../context.ts';
import { type Description, describeValue, type ValueDescription } from '../definition.ts';
import { decodeModelProto, decodeOpsets } from './decode.ts';
import { decodeDomain } from './decode-graph.ts';
import { readModelFile } from './file.ts';
import {
  type AttributeProto,
  EXTERNAL,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './schema.ts';
import { decodeType } from './types.ts';

export async function describeOnnx(path: string, _context: Context): Promise<Description> {
  return describeBytes(await readModelFile(path), path);
}

export async function describeBytes(bytes: Uint8Array, path: string): Promise<Description> {
  const proto = await decodeModelProto(bytes, path);
  const { graph } = proto;
  const counts = countsOf(proto);
  const constants = new Set(graph.initializer.map(({ name }) => name));
  return {
    format: 'onnx',
    formatVersion: `opset ${decodeOpsets(proto.opsetImport).get('') ?? 1}, IR ${proto.irVersion}`,
    producer: [proto.producerName, proto.producerVersion].filter((part) => part !== '').join(' '),
    inputs: graph.input.filter(({ name }) => !constants.has(name)).map(describe),
    outputs: graph.output.map(describe),
    operators: Object.fromEntries([...counts.operators].sort(([a], [b]) => (a < b ? -1 : 1))),
    parameters: counts.parameters,
    unsupported: [],
    facts: facts(proto, counts),
  };
}

/** Names of the files that hold weights, sorted. */
export function externalLocations(proto: ModelProto & { graph: GraphProto }): string[] {
  return [...countsOf(proto).external].sort();
}

function countsOf(proto: ModelProto & { graph: GraphProto }): Counts {
  const counts = new Counts();
  counts.graph(proto.graph);
  for (const made of proto.functions) counts.nodes(made.node);
  return counts;
}

class Counts {
  readonly operators = new Map<string, number>();
  readonly external = new Set<string>();
  parameters = 0;

  graph(graph: GraphProto): void {
    for (const tensor of graph.initializer) this.tensor(tensor);
    for (const { values } of graph.sparseInitializer) if (values) this.tensor(values);
    this.nodes(graph.node);
  }

  nodes(nodes: readonly NodeProto[]): void {
    for (const { domain, opType, attribute } of nodes) {
      const prefix = decodeDomain(domain);
      const name = prefix === '' ? opType : `${prefix}:${opType}`;
      this.operators.set(name, (this.operators.get(name) ?? 0) + 1);
      for (const item of attribute) this.#attribute(item, opType === 'Constant' && prefix === '');
    }
  }

  tensor({ dims, dataLocation, externalData }: TensorProto): void {
    let count = 1;
    for (const dim of dims) count *= Number(dim);
    if (count > 0) this.parameters += count;
    this.#kept(dataLocation, externalData);
  }

  #kept(dataLocation: TensorProto['dataLocation'], externalData: TensorProto['externalData']): void {
    if (dataLocation !== EXTERNAL) return;
    const location = externalData.find(({ key }) => key === 'location')?.value;
    if (location !== undefined) this.external.add(location);
  }

  // Only a Constant's tensor is a weight; the value ConstantOfShape repeats, say, is a setting.
  #attribute(item: AttributeProto, isConstant: boolean): void {
    if (item.t && isConstant) this.tensor(item.t);
    else if (item.t) this.#kept(item.t.dataLocation, item.t.externalData);
    for (const { dataLocation, externalData } of item.tensors) this.#kept(dataLocation, externalData);
    if (isConstant && item.sparseTensor?.values) this.tensor(item.sparseTensor.values);
    if (item.g) this.graph(item.g);
    for (const graph of item.graphs) this.graph(graph);
  }
}

function describe(value: ValueInfoProto): ValueDescription {
  return describeValue(value.name, decodeType(value.type));
}

function facts(proto: ModelProto & { graph: GraphProto }, counts: Counts): Record<string, string> {
  const found: Record<string, string> = {};
  const others = [...decodeOpsets(proto.opsetImport)].filter(([domain]) => domain !== '');
  if (others.length > 0) found.domains = others.map(([domain, number]) => `${domain} ${number}`).join(', ');
  if (proto.graph.name !== '') found.graph = proto.graph.name;
  if (proto.functions.length > 0) found.functions = proto.functions.map(({ name }) => name).join(', ');
  if (counts.external.size > 0) found.externalData = [...counts.external].sort().join(', ');
  for (const { key, value } of proto.metadataProps) found[`metadata ${key}`] = value.slice(0, 200);
  return found;
}
