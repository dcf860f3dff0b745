// Recognises the head of the usual request: POST to a model, JSON of known length, nothing unusual. Deliberately narrow: whatever
// is not exactly that goes to node:http, which knows all of HTTP. https://www.rfc-editor.org/rfc/rfc9112

import type { QuickHandler, Routes } from '../routes.ts';

export type Head = { readonly handler: QuickHandler; readonly length: number };

/** Clients repeat their heads, so those seen before are looked up whole. */
const MAX_KNOWN = 1000;
export const MAX_HEAD = 4096;

export class Heads {
  readonly #routes: Routes;
  readonly #maxBody: number;
  readonly #known = new Map<string, Head | undefined>();

  constructor(routes: Routes, maxBody: number) {
    this.#routes = routes;
    this.#maxBody = maxBody;
  }

  /** `text` is a head without its final blank line. undefined: not for us. */
  find(text: string): Head | undefined {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const head = this.#parse(text);
    if (head === undefined) return undefined;
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(text, head);
    return head;
  }

  #parse(text: string): Head | undefined {
    const [first = '', ...lines] = text.split('\r\n');
    const target = /^POST (\/[!-~]*) HTTP\/1\.1$/.exec(first)?.[1];
    const handler = target === undefined ? undefined : this.#routes.get(target)?.quick;
    if (!handler) return undefined;
    let length: number | undefined;
    let hosts = 0;
    for (const line of lines) {
      // A field of visible ASCII: no folding, no control characters, no space before the colon.
      const [, name, value = ''] = /^([\w!#$%&'*+.^`|~-]+):[ \t]*([ -~]*?)[ \t]*$/.exec(line) ?? [];
      if (name === undefined) return undefined;
      const key = name.toLowerCase();
      if (key === 'content-length') {
        if (length !== undefined || !/^\d{1,9}$/.test(value)) return undefined;
        length = Number(value);
      } else if (key === 'host') {
        hosts++;
      } else if (key === 'content-type') {
        if (!/^application\/json(; ?charset=utf-8)?$/i.test(value)) return undefined;
      } else if (key === 'connection') {
        if (value.toLowerCase() !== 'keep-alive') return undefined;
      } else if (UNUSUAL.has(key)) {
        return undefined;
      }
    }
    if (length === undefined || length === 0 || length > this.#maxBody || hosts !== 1) return undefined;
    return { handler, length };
  }
}

/** Fields that change what the request is. */
const UNUSUAL = new Set([
  'transfer-encoding',
  'content-encoding',
  'inference-header-content-length',
  'expect',
  'upgrade',
  'te',
  'trailer',
  'keep-alive',
  'proxy-connection',
  'http2-settings',
]);
