// Whether the messages of an ONNX file end where the file does. Protocol buffers have no length of their own: a copy
// that was cut off shows in the last field, which says it is longer than what is left.
// https://protobuf.dev/programming-guides/encoding/#structure

import { open } from 'node:fs/promises';
import type { Check, Finding } from '../definition.ts';

/** Fields of ModelProto by number, for the words. */
const fields: Readonly<Record<number, string>> = { 7: 'graph', 8: 'list of operator sets', 25: 'functions' };

const check = {
  name: 'protobuf-end',
  stage: 'file',
  async run({ format, path, start: { bytes } }): Promise<readonly Finding[]> {
    if (format?.name !== 'onnx') return [];
    const file = await open(path);
    const piece = Buffer.alloc(24);
    try {
      for (let at = 0; at < bytes; ) {
        const { bytesRead } = await file.read(piece, 0, piece.length, at);
        const head = piece.subarray(0, bytesRead);
        const tag = varint(head, 0);
        const value = tag && varint(head, tag.end);
        if (!tag || !value) return [cut(`it ends inside a field, at byte ${at} of ${bytes}`)];
        const isLength = (tag.value & 7) === 2;
        const next = at + value.end + (isLength ? value.value : 0);
        if (next > bytes) {
          const name = fields[tag.value >>> 3] ?? `field ${tag.value >>> 3}`;
          const share = Math.floor((bytes / next) * 100);
          return [
            cut(`it is cut off: its ${name} goes on to byte ${next}, the file has ${bytes} (${share} %)`),
          ];
        }
        at = next;
      }
      return [{ severity: 'ok', message: 'its messages end where the file ends' }];
    } finally {
      await file.close();
    }
  },
} satisfies Check;

export default check;

function cut(message: string): Finding {
  return { severity: 'problem', message, remediation: 'copy, download or export the file again' };
}

function varint(bytes: Uint8Array, start: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let index = 0; index < 10; index++) {
    const byte = bytes[start + index];
    if (byte === undefined) return undefined;
    value += (byte & 127) * 2 ** (7 * index);
    if (byte < 128) return { value, end: start + index + 1 };
  }
  return undefined;
}
