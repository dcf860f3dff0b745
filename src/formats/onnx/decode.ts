// The bytes of an ONNX file to a model.
// https://github.com/onnx/onnx/blob/main/docs/IR.md

import type { Diagnostic } from '../../diagnostics.ts';
import { WireError } from '../../encoding/protobuf.ts';
import { errors } from '../../errors.ts';
import { type Model, type ModelFunction, OPSET } from '../../graph/model.ts';
import { sortNodes } from '../../graph/order.ts';
import { decodeAttribute, decodeDomain, decodeGraph, decodeNodes } from './decode-graph.ts';
import { externalFiles } from './external-data.ts';
import { looksLikeOnnx } from './match.ts';
import { type FunctionProto, type ModelProto, type OperatorSetIdProto, onnxSchema } from './schema.ts';
import { type Source, source } from './source.ts';

export type DecodeOptions = {
  readonly diagnose?: (diagnostic: Diagnostic) => void;
  /** Tensors beside the file that take more bytes are zeros: for those who only want shapes. */
  readonly mostExternal?: number;
};

/**
 * Decodes a model as it stands in the file: operators keep the meaning of the opset it was written for.
 * External data is read from the folder of `path`; tensors may be views into `bytes`. Throws MODEL_DAMAGED,
 * MODEL_INVALID, EXTERNAL_DATA_OUTSIDE, EXTERNAL_DATA_MISSING.
 *
 * @example
 * const model = await decodeOnnx(await readFile('net.onnx'), 'net.onnx');
 */
export async function decodeOnnx(
  bytes: Uint8Array,
  path: string,
  options: DecodeOptions = {},
): Promise<Model> {
  const proto = await decodeModelProto(bytes, path);
  const files = externalFiles(path, options.mostExternal);
  try {
    return toModel(proto, source(path, files, options.diagnose ?? (() => {})));
  } finally {
    files.close();
  }
}

/** The messages of the file, before any of them is understood. */
export async function decodeModelProto(
  bytes: Uint8Array,
  path: string,
): Promise<ModelProto & { graph: NonNullable<ModelProto['graph']> }> {
  if (bytes.length === 0) throw errors.MODEL_DAMAGED(path, 'it is empty', { file: path });
  const schema = await onnxSchema();
  let proto: ModelProto;
  try {
    proto = schema.decode('ModelProto', bytes) as ModelProto;
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause;
    throw errors.MODEL_DAMAGED(
      path,
      `${explain(cause, bytes)} (at byte ${cause.offset} of ${bytes.length})`,
      { file: path, offset: cause.offset },
      cause,
    );
  }
  const { graph } = proto;
  if (graph === null) {
    throw errors.MODEL_DAMAGED(path, `its ${bytes.length} bytes hold no ONNX graph`, { file: path });
  }
  return Object.assign(proto, { graph });
}

function explain(cause: WireError, bytes: Uint8Array): string {
  const head = bytes.subarray(0, 4096);
  if (looksLikeOnnx({ path: '', isFolder: false, bytes: bytes.length, head, extension: '.onnx' })) {
    return cause.message;
  }
  const start = Buffer.from(bytes.subarray(0, 8))
    .toString('hex')
    .replace(/..(?=.)/g, '$& ');
  return `it starts with ${start}, as no ONNX file does; ${cause.message}`;
}

function toModel(proto: ModelProto & { graph: NonNullable<ModelProto['graph']> }, from: Source): Model {
  if (proto.trainingInfo.length > 0) {
    from.diagnose({
      code: 'TRAINING_INFO_DROPPED',
      severity: 'note',
      message: 'training information was dropped; mlctl keeps the graph for inference',
      where: { file: from.path },
    });
  }
  return {
    graph: decodeGraph(proto.graph, from),
    opsets: decodeOpsets(proto.opsetImport, from),
    functions: proto.functions.map((item) => decodeFunction(item, from)),
    producer: { name: proto.producerName, version: proto.producerVersion },
    metadata: new Map(proto.metadataProps.map(({ key, value }) => [key, value])),
  };
}

function decodeFunction(proto: FunctionProto, from: Source): ModelFunction {
  const label = `function ${proto.name}`;
  const made: ModelFunction = {
    name: proto.name,
    domain: decodeDomain(proto.domain),
    inputs: proto.input,
    outputs: proto.output,
    attributes: proto.attribute,
    attributeDefaults: new Map(
      proto.attributeProto.map((item) => [item.name, decodeAttribute(item, label, from)]),
    ),
    opsets: decodeOpsets(proto.opsetImport, from),
    nodes: sortNodes(decodeNodes(proto.node, from)),
  };
  if (proto.overload !== '') made.overload = proto.overload;
  return made;
}

/** Version per domain. A file that imports nothing is older than the import itself: opset 1. */
export function decodeOpsets(imports: readonly OperatorSetIdProto[], from?: Source): Map<string, number> {
  const opsets = new Map<string, number>();
  if (imports.length === 0) return opsets.set('', 1);
  for (const { domain, version } of imports) {
    const number = Number(version);
    if (!(number >= 0 && number < 2 ** 31)) {
      return from
        ? from.damaged(`it needs version ${version} of the operators ${domain || 'ai.onnx'}`)
        : opsets;
    }
    opsets.set(decodeDomain(domain), number);
  }
  // Files that use only other domains often leave it out.
  if (!opsets.has('')) opsets.set('', OPSET);
  return opsets;
}
