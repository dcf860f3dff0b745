// Collects the tensors that go to a companion file, each at an aligned offset.
// https://onnx.ai/onnx/repo-docs/ExternalData.html

import type { EntryProto } from './schema.ts';

// What the specification recommends for files that are mapped into memory.
const ALIGNMENT = 4096;

export class ExternalWriter {
  readonly chunks: Uint8Array[] = [];
  readonly #name: string;
  #offset = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /** Appends the bytes and returns the entries that point at them. */
  add(bytes: Uint8Array): EntryProto[] {
    const padding = (ALIGNMENT - (this.#offset % ALIGNMENT)) % ALIGNMENT;
    if (padding > 0) this.chunks.push(new Uint8Array(padding));
    const offset = this.#offset + padding;
    this.chunks.push(bytes);
    this.#offset = offset + bytes.length;
    return [
      { key: 'location', value: this.#name },
      { key: 'offset', value: String(offset) },
      { key: 'length', value: String(bytes.length) },
    ];
  }
}
