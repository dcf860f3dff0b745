// How TFLite keeps string tensors: the count, the offset of each string and of the end, then the UTF-8 text.
// https://github.com/tensorflow/tensorflow/blob/master/tensorflow/lite/string_util.h

export function stringBuffer(texts: readonly string[]): Uint8Array {
  const parts = texts.map((text) => Buffer.from(text));
  const head = 4 * (texts.length + 2);
  const bytes = Buffer.alloc(head + parts.reduce((sum, part) => sum + part.length, 0));
  bytes.writeInt32LE(texts.length, 0);
  let offset = head;
  for (const [index, part] of parts.entries()) {
    bytes.writeInt32LE(offset, 4 * (index + 1));
    part.copy(bytes, offset);
    offset += part.length;
  }
  bytes.writeInt32LE(offset, 4 * (texts.length + 1));
  return bytes;
}
