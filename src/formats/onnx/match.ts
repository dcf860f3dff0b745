// Whether a file is ONNX. Protocol buffers have no magic number: the first fields must be those of a ModelProto.
// https://protobuf.dev/programming-guides/encoding/#structure

import type { Probe } from '../definition.ts';

// Fields of ModelProto that are numbers (wire type 0) and those with a length (wire type 2).
const numbers = new Set([1, 5]);
const lengths = new Set([2, 3, 4, 6, 7, 8, 14, 20, 25, 26]);
const GRAPH = 7;
const OPSET_IMPORT = 8;

/**
 * True when every field seen belongs to a ModelProto and a graph or operator set is among them. A file that is cut
 * short inside its graph still counts, so that reading it can say so.
 */
export function looksLikeOnnx({ isFolder, head, bytes, extension }: Probe): boolean {
  if (isFolder || head.length < 2) return false;
  const seen = new Set<number>();
  let offset = 0;
  while (offset < head.length) {
    const tag = varint(head, offset);
    if (tag === undefined) break;
    const field = tag.value >>> 3;
    const wire = tag.value & 7;
    if (!(wire === 0 ? numbers : wire === 2 ? lengths : undefined)?.has(field)) return false;
    const value = varint(head, tag.end);
    if (value === undefined) break;
    if (field === 1 && (value.value === 0 || value.value > 1000)) return false;
    seen.add(field);
    offset = wire === 2 ? value.end + value.value : value.end;
  }
  // SavedModel also starts with a small number and a length; only ONNX goes on with field 7 or 8.
  if (seen.has(GRAPH))
    return seen.has(1) || seen.has(OPSET_IMPORT) || extension === '.onnx' || offset === bytes;
  return seen.has(1) && (seen.has(OPSET_IMPORT) || extension === '.onnx');
}

function varint(bytes: Uint8Array, start: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let index = 0; index < 6; index++) {
    const byte = bytes[start + index];
    if (byte === undefined) return undefined;
    value += (byte & 127) * 2 ** (7 * index);
    if (byte < 128) return { value, end: start + index + 1 };
  }
  return undefined;
}
