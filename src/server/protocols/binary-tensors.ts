// The binary tensor data extension: JSON first, then the tensors' bytes in the order of the inputs that say so.
// https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md

import type { IncomingMessage } from 'node:http';
import { type Tensor, tensorView } from '../../graph/tensor.ts';
import { quote, refuse } from '../refusal.ts';
import type { GivenInput } from '../validate.ts';

/** Length of the JSON part, or undefined when the request is all JSON. */
export function binaryHeaderLength(
  headers: IncomingMessage['headers'],
  bodyLength: number,
): number | undefined {
  const text = headers['inference-header-content-length'];
  if (text === undefined) return undefined;
  const length = Number(text);
  if (typeof text !== 'string' || !/^\d+$/.test(text) || length > bodyLength) {
    throw refuse.invalid(
      `Inference-Header-Content-Length is ${quote(text)}, expected the length of the JSON part, at most ${bodyLength}`,
    );
  }
  if (length === 0) {
    throw refuse.invalid(
      'Inference-Header-Content-Length is 0; requests without a JSON part are not supported',
    );
  }
  return length;
}

/** Gives each input that has a `binary_data_size` its bytes. */
export function splitBinary(
  inputs: readonly (GivenInput & { readonly parameters?: unknown })[],
  bytes: Uint8Array,
): readonly GivenInput[] {
  let at = 0;
  const split = inputs.map((input) => {
    const parameters = input.parameters as Record<string, unknown> | undefined | null;
    const size = typeof parameters === 'object' ? parameters?.binary_data_size : undefined;
    if (size === undefined) return input;
    const subject = `input ${quote(input.name)}`;
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
      throw refuse.invalid(`${subject}: binary_data_size is ${quote(size)}, not a number of bytes`);
    }
    if (input.data !== undefined) throw refuse.invalid(`${subject}: has both data and binary_data_size`);
    if (at + size > bytes.length) {
      throw refuse.invalid(
        `${subject}: the body ends ${at + size - bytes.length} bytes before its data does`,
      );
    }
    const { name, datatype, shape } = input;
    const own = { name, datatype, shape, bytes: bytes.subarray(at, at + size) };
    at += size;
    return own;
  });
  if (at !== bytes.length)
    throw refuse.invalid(`the body has ${bytes.length - at} bytes behind the last input`);
  return split;
}

/** Whether `parameters` ask for binary output; undefined when they do not say. */
export function isBinaryOutput(parameters: unknown, key: string): boolean | undefined {
  if (typeof parameters !== 'object' || parameters === null) return undefined;
  const value = (parameters as Record<string, unknown>)[key];
  if (value === undefined) return undefined;
  if (typeof value !== 'boolean')
    throw refuse.invalid(`parameters.${key} is ${quote(value)}, not true or false`);
  return value;
}

export type BinaryReply = { readonly chunks: Uint8Array[]; length: number };

/** Appends a tensor's bytes and returns how many they are. */
export function packTensor(tensor: Tensor, reply: BinaryReply): number {
  const bytes =
    tensor.dtype === 'string' ? packStrings(tensor.data as readonly string[]) : tensorView(tensor);
  reply.chunks.push(bytes);
  reply.length += bytes.length;
  return bytes.length;
}

function packStrings(strings: readonly string[]): Uint8Array {
  return Buffer.concat(
    strings.flatMap((text) => {
      const bytes = Buffer.from(text);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}
