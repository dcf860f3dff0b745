// A model to the bytes of an ONNX file. The same model gives the same bytes.
// https://github.com/onnx/onnx/blob/main/docs/IR.md

import type { Schema } from '../../encoding/protobuf.ts';
import { errors } from '../../errors.ts';
import { type Graph, type Model, OPSET } from '../../graph/model.ts';
import { type Tensor, tensorBytes } from '../../graph/tensor.ts';
import { subgraphs } from '../../ops/subgraphs.ts';
import { version } from '../../version.ts';
import type { Holding } from '../definition.ts';
import { encodeFunction, encodeNode, encodeTensor, encodeValue, innerValues } from './encode-graph.ts';
import { ExternalWriter } from './external-writer.ts';
import { EXTERNAL, onnxSchema } from './schema.ts';

export type EncodeOptions = {
  /** Name of the companion file for weights, written when everything together would pass `externalThreshold`. */
  readonly externalName?: string;
  /** Bytes above which weights move to the companion file. Protocol buffers end at 2^31. */
  readonly externalThreshold?: number;
  /**
   * Operator set to write. `lowest`: the oldest in which every node means the same, for a graph whose types are inferred.
   * Absent: the model's own, or the later one that an operator needs.
   */
  readonly opset?: number | 'lowest';
};

export type EncodedOnnx = {
  /** The file, in pieces: large tensors are not copied. */
  readonly chunks: readonly Uint8Array[];
  /** The companion file, when there is one. */
  readonly external: readonly Uint8Array[] | undefined;
  readonly holds: Holding;
};

/**
 * @example
 * const { chunks } = await encodeOnnx(model);
 */
export async function encodeOnnx(given: Model, options: EncodeOptions = {}): Promise<EncodedOnnx> {
  const model = typeof options.opset === 'number' ? await saidIn(options.opset, given) : given;
  const schema = await onnxSchema();
  const threshold = options.externalThreshold ?? 1.9e9;
  let inline = 0;
  for (const tensor of model.graph.initializers.values()) inline += tensorBytes(tensor);
  const external =
    inline > threshold && options.externalName !== undefined
      ? new ExternalWriter(options.externalName)
      : undefined;
  const graph = encodeGraph(schema, model.graph, external);
  const opset = await writtenOpset(model, options.opset === 'lowest');
  const ir = options.opset === undefined ? irVersion(opset) : oldIrVersion(opset, model);
  const head = schema.encode('ModelProto', {
    irVersion: ir,
    producerName: 'mlctl',
    producerVersion: version(),
    opsetImport: encodeOpsets(model.opsets, opset),
    metadataProps: [...model.metadata].map(([key, value]) => ({ key, value })),
    functions: model.functions.map((made) => ({
      ...encodeFunction(made),
      opsetImport: encodeOpsets(made.opsets, opset),
    })),
  });
  // Field 7 of ModelProto: the graph. A message is the concatenation of its fields, in any order.
  const chunks = [head, prefix(7, size(graph)), ...graph];
  if (size(chunks) >= 2 ** 31) {
    throw errors.MODEL_INVALID(
      `the model takes ${size(chunks)} bytes; an ONNX file without external data ends at ${2 ** 31}`,
    );
  }
  const holds = { formatVersion: `opset ${opset}, IR ${ir}`, operators: countNodes(model.graph) };
  return { chunks, external: external?.chunks, holds };
}

/** The whole file in one piece, as runtimes take it. */
export async function encodeOnnxBytes(model: Model, options: EncodeOptions = {}): Promise<Uint8Array> {
  const { chunks } = await encodeOnnx(model, options);
  const bytes = new Uint8Array(size(chunks));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

// A model that was not upgraded keeps the opset it was written for.
async function writtenOpset(model: Model, isLowest: boolean): Promise<number> {
  const opset = model.opsets.get('') ?? OPSET;
  if (opset < OPSET) return opset;
  if (opset === OPSET && isLowest) return (await import('../../ops/lowest-opset.ts')).lowestOpset(model);
  const { requiredOpset } = await import('../../ops/required-opset.ts');
  return Math.max(opset, requiredOpset(model));
}

function countNodes(graph: Graph): number {
  const inside = graph.nodes.flatMap(subgraphs);
  return inside.reduce((sum, one) => sum + countNodes(one), graph.nodes.length);
}

async function saidIn(opset: number, model: Model): Promise<Model> {
  const { downgradeModel } = await import('../../ops/downgrade.ts');
  return downgradeModel(model, opset);
}

function encodeOpsets(opsets: ReadonlyMap<string, number>, written: number): object[] {
  const own = opsets.get('') ?? written;
  const opset = own < OPSET ? own : written;
  return [...new Map([...opsets, ['', opset]])].map(([domain, number]) => ({ domain, version: number }));
}

// https://github.com/onnx/onnx/blob/main/docs/Versioning.md, the table of released versions.
function irVersion(opset: number): number {
  if (opset >= 25) return 13;
  if (opset === 24) return 12;
  return opset === 23 ? 11 : 10;
}

/** As old as the opset, for the runtimes that wanted it; functions came with 8. */
function oldIrVersion(opset: number, { functions }: Model): number {
  const released = [4, 4, 6, 7, 7, 7, 8, 8, 8, 8, 9, 9][opset - 9] ?? irVersion(opset);
  return functions.length > 0 ? Math.max(8, released) : released;
}

// Below this a tensor is copied into the graph's own piece; above it, it stays where it is.
const LARGE = 4096;

function encodeGraph(schema: Schema, graph: Graph, external: ExternalWriter | undefined): Uint8Array[] {
  const chunks = [
    schema.encode('GraphProto', {
      name: graph.name || 'graph', // onnx.checker refuses an empty name
      node: graph.nodes.map(encodeNode),
      input: graph.inputs.map((name) => encodeValue(name, graph.types.get(name))),
      output: graph.outputs.map((name) => encodeValue(name, graph.types.get(name))),
      valueInfo: innerValues(graph).map((name) => encodeValue(name, graph.types.get(name))),
    }),
  ];
  for (const [name, tensor] of graph.initializers) {
    const parts = encodeInitializer(schema, name, tensor, external);
    chunks.push(prefix(5, size(parts)), ...parts); // field 5 of GraphProto: initializer
  }
  return chunks;
}

function encodeInitializer(
  schema: Schema,
  name: string,
  tensor: Tensor,
  external: ExternalWriter | undefined,
): Uint8Array[] {
  const { rawData, ...rest } = encodeTensor(tensor);
  const header = { ...rest, name };
  if (rawData === undefined || rawData.length < (external === undefined ? LARGE : 64)) {
    return [schema.encode('TensorProto', { ...header, rawData })];
  }
  if (external !== undefined) {
    const externalData = external.add(rawData);
    return [schema.encode('TensorProto', { ...header, externalData, dataLocation: EXTERNAL })];
  }
  // Field 9 of TensorProto: raw_data.
  return [schema.encode('TensorProto', header), prefix(9, rawData.length), rawData];
}

/** Tag and length of a length-delimited field. */
function prefix(field: number, length: number): Uint8Array {
  const bytes = [field * 8 + 2]; // one byte: every field written here is below 16
  let rest = length;
  while (rest >= 128) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function size(chunks: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const chunk of chunks) bytes += chunk.length;
  return bytes;
}
