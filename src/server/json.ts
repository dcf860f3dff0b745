// JSON for requests, where JSON.parse is not enough: it rounds integers above 2^53 and does not say where it failed.
// https://www.rfc-editor.org/rfc/rfc8259

const MAX_DEPTH = 64;

/** Where JSON ends being JSON. */
export class JsonError extends Error {
  readonly offset: number;
  constructor(problem: string, text: string, offset: number) {
    const before = text.slice(0, offset);
    const line = before.split('\n').length;
    const column = offset - before.lastIndexOf('\n');
    super(`${problem} at line ${line} column ${column}`);
    this.name = 'JsonError';
    this.offset = offset;
  }
}

/**
 * Parses JSON. Integers that a double cannot hold come back as bigint when `isExact`.
 *
 * @example parseJson('{"id": 9007199254740993}', true) // { id: 9007199254740993n }
 */
export function parseJson(text: string, isExact: boolean): unknown {
  // The fast way is right unless some integer is too long for a double; 16 digits are where that begins.
  if (!isExact || !/\d{16}/.test(text)) {
    try {
      return JSON.parse(text);
    } catch {
      // The slow way below says where.
    }
  }
  return new Reader(text).document();
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): unknown {
    const value = this.#value(0);
    this.#space();
    if (this.#at < this.#text.length) throw this.#unexpected('the end');
    return value;
  }

  #value(depth: number): unknown {
    if (depth > MAX_DEPTH) throw this.#error(`nested deeper than ${MAX_DEPTH} levels`);
    this.#space();
    const character = this.#text[this.#at];
    if (character === '{') return this.#object(depth);
    if (character === '[') return this.#array(depth);
    if (character === '"') return this.#string();
    for (const [word, value] of words) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    return this.#number();
  }

  #object(depth: number): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    this.#at++;
    this.#space();
    if (this.#take('}')) return {};
    do {
      this.#space();
      if (this.#text[this.#at] !== '"') throw this.#unexpected('a key in double quotes');
      const key = this.#string();
      this.#space();
      if (!this.#take(':')) throw this.#unexpected('":"');
      entries.push([key, this.#value(depth + 1)]);
      this.#space();
    } while (this.#take(','));
    if (!this.#take('}')) throw this.#unexpected('"," or "}"');
    // fromEntries defines own properties, so that a key __proto__ is a key and nothing else, as in JSON.parse.
    return Object.fromEntries(entries);
  }

  #array(depth: number): unknown[] {
    const items: unknown[] = [];
    this.#at++;
    this.#space();
    if (this.#take(']')) return items;
    do {
      items.push(this.#value(depth + 1));
      this.#space();
    } while (this.#take(','));
    if (!this.#take(']')) throw this.#unexpected('"," or "]"');
    return items;
  }

  #string(): string {
    const from = this.#at;
    let at = from + 1;
    for (let code = this.#text.charCodeAt(at); code !== 0x22; code = this.#text.charCodeAt(at)) {
      if (Number.isNaN(code)) throw this.#error('a string that does not end');
      if (code < 0x20) throw this.#error('a string with a control character in it');
      at += code === 0x5c ? 2 : 1;
    }
    try {
      const value = JSON.parse(this.#text.slice(from, at + 1)) as string;
      this.#at = at + 1;
      return value;
    } catch {
      throw this.#error('a string with an escape that JSON does not have');
    }
  }

  #number(): number | bigint {
    numberToken.lastIndex = this.#at;
    const token = numberToken.exec(this.#text)?.[0];
    if (token === undefined) throw this.#unexpected('a value');
    this.#at += token.length;
    const value = Number(token);
    return /^-?\d+$/.test(token) && !Number.isSafeInteger(value) ? BigInt(token) : value;
  }

  #space(): void {
    while (' \t\n\r'.includes(this.#text[this.#at] ?? 'x')) this.#at++;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #unexpected(expected: string): JsonError {
    const found = this.#text[this.#at];
    return this.#error(
      `expected ${expected}, found ${found === undefined ? 'the end' : JSON.stringify(found)}`,
    );
  }

  #error(problem: string): JsonError {
    return new JsonError(problem, this.#text, this.#at);
  }
}

const words: readonly (readonly [string, unknown])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];
const numberToken = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
