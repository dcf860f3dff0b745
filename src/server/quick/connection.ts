// One connection, read without node:http as long as its requests are the usual ones (head.ts): half the work per request.
// At the first unusual byte the connection is handed to node:http for good, with everything not yet answered.

import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Responder } from '../outbox.ts';
import { type Heads, MAX_HEAD } from './head.ts';

/** Requests sent ahead of their answers may fill this much; then the client has to wait. */
const MAX_AHEAD = 1_000_000;

export type QuickOptions = {
  readonly heads: Heads;
  /** Gives the connection to node:http; bytes that were read but not used have been put back. */
  readonly handOver: (socket: Socket) => void;
  /** Milliseconds node:http would have waited: announced to clients. */
  readonly keepAliveMs: number;
  readonly onGone: (connection: QuickConnection) => void;
};

export class QuickConnection implements Responder {
  /** performance.now() of the last answer, or of the first byte of the request that is arriving. */
  since = performance.now();
  readonly #socket: Socket;
  readonly #options: QuickOptions;
  #chunks: Buffer[] = [];
  #size = 0;
  /** Size at which the request that is arriving is whole; 0 until its head is known. */
  #needed = 0;
  #isAnswering = false;
  #hasEnded = false;
  #isLast = false;

  constructor(socket: Socket, options: QuickOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
  }

  get isGone(): boolean {
    return this.#socket.destroyed;
  }

  /** Nothing is arriving and nothing is being answered. */
  get isIdle(): boolean {
    return !this.#isAnswering && this.#size === 0;
  }

  /** A request has begun to arrive and is not whole. */
  get isArriving(): boolean {
    return !this.#isAnswering && this.#size > 0;
  }

  send(
    status: number,
    headers: readonly (string | number)[],
    body: string | Uint8Array,
    isClosing: boolean,
  ): void {
    const isLast = isClosing || this.#isLast || (this.#hasEnded && this.#size === 0);
    let head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Length: `;
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
    head += `${length}\r\n`;
    for (let at = 0; at < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`;
    head += isLast ? 'Connection: close\r\n' : this.#keepAlive();
    head += `Date: ${httpDate()}\r\n\r\n`;
    if (typeof body !== 'string') {
      this.#socket.cork();
      this.#socket.write(head, 'latin1');
      this.#socket.write(body);
      this.#socket.uncork();
    } else if (length === body.length) {
      // As many bytes as characters: it is ASCII, which latin1 writes without looking.
      this.#socket.write(head + body, 'latin1');
    } else {
      this.#socket.write(head + body, 'utf8');
    }
    this.#isAnswering = false;
    this.since = performance.now();
    if (isLast) {
      this.#isLast = true;
      this.#socket.end();
      return;
    }
    if (this.#size > 0) this.#goOn();
  }

  /** Ends the connection once what was written has left. */
  end(reply = ''): void {
    this.#isLast = true;
    this.#socket.end(reply);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#isLast) return;
    if (this.#size === 0) this.since = performance.now();
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#isAnswering) {
      if (this.#size > MAX_AHEAD) this.#socket.pause();
      return;
    }
    if (this.#size >= this.#needed) this.#read();
  };

  /** The client sends nothing more, but may still read. */
  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    if (!this.#isAnswering) this.#socket.end();
  };

  readonly #onError = (): void => {
    this.#socket.destroy();
  };

  readonly #onClose = (): void => {
    this.#options.onGone(this);
  };

  /** After an answer, with more bytes there already. */
  #goOn(): void {
    this.#socket.resume();
    if (this.#socket.writableNeedDrain) this.#socket.once('drain', () => this.#read());
    else this.#read();
  }

  #read(): void {
    if (this.#isAnswering || this.#isLast || this.#size === 0) return;
    if (this.#size < this.#needed) {
      this.#endIfEnded();
      return;
    }
    const bytes =
      this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks, this.#size);
    const end = bytes.indexOf('\r\n\r\n');
    const head =
      end > 0 && end <= MAX_HEAD ? this.#options.heads.find(bytes.toString('latin1', 0, end)) : undefined;
    if (head === undefined) {
      if (!this.#endIfEnded()) this.#handOver(bytes);
      return;
    }
    const from = end + 4;
    const to = from + head.length;
    if (bytes.length < to) {
      this.#chunks = [bytes];
      this.#needed = to;
      this.#endIfEnded();
      return;
    }
    this.#needed = 0;
    this.#size = bytes.length - to;
    this.#chunks = this.#size > 0 ? [bytes.subarray(to)] : [];
    this.#isAnswering = true;
    head.handler(this, bytes.subarray(from, to));
  }

  /** What is left of a request will not become whole, or cannot be handed over, once the client has said its last. */
  #endIfEnded(): boolean {
    if (this.#hasEnded) this.end();
    return this.#hasEnded;
  }

  #handOver(bytes: Buffer): void {
    const socket = this.#socket;
    socket.off('data', this.#onData);
    socket.off('end', this.#onEnd);
    socket.off('error', this.#onError);
    socket.off('close', this.#onClose);
    this.#options.onGone(this);
    socket.pause();
    socket.unshift(bytes);
    this.#options.handOver(socket);
    socket.resume();
  }

  #keepAlive(): string {
    return `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(this.#options.keepAliveMs / 1000)}\r\n`;
  }
}

let dateText = '';
let dateUntil = 0;

/** The Date field's value, which changes once a second. */
function httpDate(): string {
  const now = Date.now();
  if (now >= dateUntil) {
    dateText = new Date(now).toUTCString();
    dateUntil = now - (now % 1000) + 1000;
  }
  return dateText;
}
