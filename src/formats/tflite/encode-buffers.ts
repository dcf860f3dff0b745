// The contents of a TFLite file, equal ones once. https://ai.google.dev/edge/litert (schema.fbs, Buffer)

import { createHash } from 'node:crypto';

export class Buffers {
  /** Buffer 0 stands for "no content". */
  readonly tables: { readonly data?: Uint8Array }[] = [{}];
  readonly contents: Uint8Array[] = [];
  bytes = 0;
  readonly #byContent = new Map<string, number>();

  /** Index of the buffer that has these bytes. */
  add(data: Uint8Array | undefined): number {
    if (data === undefined || data.length === 0) return 0;
    const key = `${data.length}:${createHash('sha256').update(data).digest('base64')}`;
    const known = this.#byContent.get(key);
    if (known !== undefined) return known;
    // A view of its own: the writer finds contents by identity.
    const content = data.subarray();
    const index = this.tables.push({ data: content }) - 1;
    this.contents.push(content);
    this.bytes += content.length;
    this.#byContent.set(key, index);
    return index;
  }
}
