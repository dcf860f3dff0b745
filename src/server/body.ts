// Reads request bodies, never more than the limit.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Refusal, refuse } from './refusal.ts';

/** How long the rest of a body that was refused is read and thrown away, so that the client gets to see the answer. */
const LINGER_MS = 5000;

/**
 * Calls one of the two once: `done` with the whole body, or `refused` when it is too large. Neither when the client goes away
 * before. After `refused` the rest of the body is discarded and the connection closes.
 */
export function readBody(
  request: IncomingMessage,
  limit: number,
  done: (body: Buffer) => void,
  refused: (refusal: Refusal) => void,
): void {
  if (declaredLength(request) > limit) {
    refused(refuse.tooLarge(limit));
    return;
  }
  let first: Buffer | undefined;
  let chunks: Buffer[] | undefined;
  let length = 0;
  let isOver = false;
  request.on('data', (chunk: Buffer) => {
    if (isOver) return;
    length += chunk.length;
    if (length > limit) {
      isOver = true;
      chunks = undefined;
      refused(refuse.tooLarge(limit));
      return;
    }
    if (first === undefined) first = chunk;
    else if (chunks) chunks.push(chunk);
    else chunks = [first, chunk];
  });
  request.on('end', () => {
    if (!isOver) done(chunks ? Buffer.concat(chunks, length) : (first ?? Buffer.alloc(0)));
  });
}

/** The Content-Length, which the HTTP parser has checked; 0 for chunked bodies. */
export function declaredLength(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0);
}

/**
 * Answers while the body is still coming, and closes the connection once the client has had the time to read the answer:
 * closing at once would reset the connection and lose it.
 */
export function replyAndDiscard(
  request: IncomingMessage,
  response: ServerResponse,
  { status, message, headers }: Refusal,
): void {
  const body = Buffer.from(JSON.stringify({ error: message }));
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': body.length,
    ...headers,
    Connection: 'close',
  });
  response.write(body);
  const end = () => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  timer.unref();
  request.on('end', end);
  request.on('close', end);
  request.resume();
}
