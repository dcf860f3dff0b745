// Replies through a response of node:http.

import type { ServerResponse } from 'node:http';
import type { Responder } from './outbox.ts';

export class NodeResponder implements Responder {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  get isGone(): boolean {
    return this.#response.destroyed;
  }

  send(
    status: number,
    headers: readonly (string | number)[],
    body: string | Uint8Array,
    isClosing: boolean,
  ): void {
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
    const all = ['Content-Length', length, ...headers];
    if (isClosing) all.push('Connection', 'close');
    this.#response.writeHead(status, all as string[]);
    this.#response.end(body);
  }
}
