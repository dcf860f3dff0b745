// A request the server answers with an error: the status and the words the client gets.

/** Statuses in use: 400 404 405 413 415 429 500 503 504 (PROTOCOLS §1.3). */
export class Refusal extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.headers = headers;
  }
}

export const refuse = {
  invalid: (message: string) => new Refusal(400, message),
  notFound: (message: string) => new Refusal(404, message),
  method: (method: string, allowed: readonly string[]) =>
    new Refusal(405, `${method} is not allowed here; use ${allowed.join(' or ')}`, {
      Allow: allowed.join(', '),
    }),
  tooLarge: (limit: number) =>
    new Refusal(413, `the request body is larger than ${limit} bytes; raise the limit with --max-body`),
  mediaType: (message: string) => new Refusal(415, message),
  queueFull: (model: string, waiting: number) =>
    new Refusal(429, `${waiting} requests are waiting for model ${quote(model)} already; try again later`, {
      'Retry-After': '1',
    }),
  failed: (message: string) => new Refusal(500, message),
  unavailable: (message: string) => new Refusal(503, message, { 'Retry-After': '1' }),
  timeout: (ms: number) => new Refusal(504, `no answer within ${ms} ms`),
};

/** What went wrong as an answer; anything unforeseen is a 500 without a stack. */
export function asRefusal(cause: unknown): Refusal {
  if (cause instanceof Refusal) return cause;
  return refuse.failed(cause instanceof Error ? cause.message : String(cause));
}

/** A name or value from a request, quoted and cut to a length that is safe to echo. */
export function quote(value: unknown): string {
  const text = typeof value === 'bigint' ? value.toString() : (JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
