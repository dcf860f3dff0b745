// Plain records as the bytes of a TFLite file. https://ai.google.dev/edge/litert (schema.fbs)

import type { PartialRecordOf } from '../../encoding/flatbuffers-table.ts';
import { writeFlatBuffer } from '../../encoding/flatbuffers-writer.ts';
import { errors } from '../../errors.ts';
import { Buffers } from './encode-buffers.ts';
import { OperatorCodes } from './encode-operators.ts';
import { encodeTensor } from './encode-tensor.ts';
import type { SignatureEntry, TfliteFile } from './records.ts';
import { identifier, model } from './schema.ts';

/**
 * Contents of tensors are kept as chunks, not copied; equal ones are written once. The same records give the same bytes.
 * Errors: MODEL_TOO_LARGE.
 */
export function encodeTflite(file: TfliteFile): Uint8Array[] {
  const buffers = new Buffers();
  const codes = new OperatorCodes();
  const subgraphs = file.subgraphs.map(({ name, tensors, inputs, outputs, operators }) => ({
    tensors: tensors.map((tensor) => encodeTensor(tensor, buffers)),
    inputs,
    outputs,
    operators: operators.map((operator) => codes.encode(operator)),
    name: text(name),
  }));
  const metadata = file.metadata.map(({ name, data }) => ({ name, buffer: buffers.add(data) }));
  const signatureDefs = file.signatures.map((signature) => ({
    inputs: signature.inputs.map(encodeEntry),
    outputs: signature.outputs.map(encodeEntry),
    signatureKey: text(signature.key),
    subgraphIndex: signature.subgraph,
  }));
  const record: PartialRecordOf<typeof model> = {
    version: 3,
    operatorCodes: codes.tables,
    subgraphs,
    description: text(file.description),
    buffers: buffers.tables,
    metadata: some(metadata),
    signatureDefs: some(signatureDefs),
  };
  const chunks = writeFlatBuffer(record, identifier, model, buffers.contents);
  if (chunks === undefined) throw errors.MODEL_TOO_LARGE('TFLite', buffers.bytes, '2 GB');
  return chunks;
}

/** In one piece. */
export function encodeTfliteBytes(file: TfliteFile): Uint8Array {
  const joined = Buffer.concat(encodeTflite(file));
  return new Uint8Array(joined.buffer, joined.byteOffset, joined.byteLength);
}

function encodeEntry({ name, tensor }: SignatureEntry) {
  return { name: text(name), tensorIndex: tensor };
}

function text(value: string): string | undefined {
  return value === '' ? undefined : value;
}

function some<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}
