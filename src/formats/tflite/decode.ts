// The bytes of a TFLite file as plain records. https://ai.google.dev/edge/litert (schema.fbs)

import { readFlatBuffer } from '../../encoding/flatbuffers.ts';
import type { RecordOf } from '../../encoding/flatbuffers-table.ts';
import { errors } from '../../errors.ts';
import { decodeOperators } from './decode-operators.ts';
import { decodeTensor, type TensorTable } from './decode-tensor.ts';
import type { Metadata, Signature, SignatureEntry, Subgraph, TfliteFile } from './records.ts';
import { identifier, model } from './schema.ts';

export type ModelTable = RecordOf<typeof model>;
type SubgraphTable = NonNullable<ModelTable['subgraphs']>[number];

/** What decoding a part of the file needs of the whole. */
export type Source = {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly root: ModelTable;
  /** Content of a buffer; undefined for one that holds nothing. */
  readonly buffer: (index: number, what: string) => Uint8Array | undefined;
  readonly damaged: (problem: string) => Error;
};

/** Contents are views into `file`. Errors: MODEL_DAMAGED. */
export function decodeTflite(file: Uint8Array, path: string): TfliteFile {
  // Of a Buffer, views would be Buffers too.
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  const root = readFlatBuffer(bytes, path, identifier, 'the model', model);
  const damaged = (problem: string) => errors.MODEL_DAMAGED(path, problem, { file: path });
  if (root.version !== 3)
    throw damaged(`its schema has version ${root.version}, and TFLite files have version 3`);
  const source: Source = { path, bytes, root, damaged, buffer: bufferOf(bytes, root, damaged) };
  const subgraphs = (root.subgraphs ?? []).map((table, index) => decodeSubgraph(table, index, source));
  if (subgraphs.length === 0) throw damaged('it has no subgraph');
  return {
    version: root.version,
    description: root.description ?? '',
    subgraphs,
    metadata: decodeMetadata(source),
    signatures: decodeSignatures(source, subgraphs),
  };
}

function bufferOf(bytes: Uint8Array, root: ModelTable, damaged: Source['damaged']): Source['buffer'] {
  const buffers = root.buffers ?? [];
  return (index, what) => {
    // Buffer 0 is the one that stands for "no content".
    if (index === 0) return undefined;
    const buffer = buffers[index];
    if (buffer === undefined) throw damaged(`${what} is in buffer ${index}, and there are ${buffers.length}`);
    // Large files keep contents behind the tables. Offset 1 marks one to be filled in by the writer.
    if (buffer.offset > 1) {
      const end = buffer.offset + buffer.size;
      if (end <= bytes.length) return bytes.subarray(buffer.offset, end);
      throw damaged(
        `${what} reaches from byte ${buffer.offset} to ${end}, and the file ends at ${bytes.length}`,
      );
    }
    return buffer.data;
  };
}

function decodeSubgraph(table: SubgraphTable, index: number, source: Source): Subgraph {
  const what = `subgraph ${index}`;
  const tables: readonly TensorTable[] = table.tensors ?? [];
  const at = (indices: readonly number[] | undefined, role: string, isOptional = false) => {
    for (const each of indices ?? []) {
      if (each >= 0 ? each < tables.length : isOptional && each === -1) continue;
      throw source.damaged(`${role} of ${what} is tensor ${each}, and there are ${tables.length}`);
    }
    return indices ?? [];
  };
  const inputs = at(table.inputs, 'an input');
  const outputs = at(table.outputs, 'an output');
  const operators = decodeOperators(table.operators ?? [], what, at, source);
  const given = new Set([...inputs, ...operators.flatMap((operator) => operator.outputs)]);
  // Files of older writers never say whether the rank is known.
  const saysRank = (source.root.subgraphs ?? []).some((each) => each.tensors?.some(({ hasRank }) => hasRank));
  return {
    name: table.name ?? '',
    tensors: tables.map((tensor, number) =>
      decodeTensor(tensor, {
        what: `tensor ${number} of ${what}`,
        isGiven: given.has(number),
        saysRank,
        source,
      }),
    ),
    inputs,
    outputs,
    operators,
  };
}

function decodeMetadata({ root, buffer }: Source): Metadata[] {
  return (root.metadata ?? []).map((entry) => ({
    name: entry.name ?? '',
    data: buffer(entry.buffer, `metadata ${entry.name ?? ''}`) ?? new Uint8Array(),
  }));
}

function decodeSignatures({ root, damaged }: Source, subgraphs: readonly Subgraph[]): Signature[] {
  return (root.signatureDefs ?? []).map((table) => {
    const key = table.signatureKey ?? '';
    const subgraph = subgraphs[table.subgraphIndex];
    if (!subgraph)
      throw damaged(
        `signature ${key} is of subgraph ${table.subgraphIndex}, and there are ${subgraphs.length}`,
      );
    const entries = (list: typeof table.inputs): SignatureEntry[] =>
      (list ?? []).map(({ name, tensorIndex }) => {
        if (tensorIndex < subgraph.tensors.length) return { name: name ?? '', tensor: tensorIndex };
        throw damaged(
          `${name} of signature ${key} is tensor ${tensorIndex}, and there are ${subgraph.tensors.length}`,
        );
      });
    return {
      key,
      subgraph: table.subgraphIndex,
      inputs: entries(table.inputs),
      outputs: entries(table.outputs),
    };
  });
}
