// Reads the usual V2 request, all inputs FP32 and nothing unusual in it, from bytes straight into the batch.
// Anything else makes it give up, and the general reader (protocols/open-inference.ts) decides what it is: so this file
// never has to explain an error, only to be sure that it accepts nothing JSON.parse and the checks would not.
// Long, because the loop over the numbers pays for every call it makes.

import { Decimal, fourDigits, isNearBoundary, POWERS } from './decimal.ts';
import type { Port } from './ports.ts';

/** Numbers of one input; grows as they arrive. */
export type Sink = { data: Float32Array; length: number };

/** One input as it stood in the body. */
export type Seen = {
  dims: number[];
  /** Where its data array stands, brackets included. */
  from: number;
  to: number;
  isNested: boolean;
  /** No line break or tab in it, so that the text may stand in one line of the log. */
  isOneLine: boolean;
};

const MAX_RANK = 8;
/** Longer ids are for the general reader to refuse. */
const MAX_ID = 1024;
/** Zeros behind the copy of a body. */
const PADDING = 8;
/** A larger copy is not kept for the next request. */
const MAX_KEPT = 4 * 2 ** 20;
const INPUTS = Buffer.from('inputs');
const ID = Buffer.from('id');
const NAME = Buffer.from('name');
const SHAPE = Buffer.from('shape');
const DATATYPE = Buffer.from('datatype');
const DATA = Buffer.from('data');
const FP32 = Buffer.from('FP32');

/** Kept and used again for every request of one model. */
export class FastBody {
  /** The request's id, or undefined; valid after `read` returned true, as are the fields below. */
  id: string | undefined;
  rows = 0;
  readonly seen: Seen[];
  readonly #ports: readonly Port[];
  readonly #names: readonly Buffer[];
  /** A copy of the body with zeros behind it, so that looking ahead never leaves it. */
  #body = new Uint8Array(1024);
  #view = new DataView(this.#body.buffer);
  #length = 0;
  readonly #decimal = new Decimal();
  #at = 0;
  /** Items of the array open at each depth, and how long arrays of that depth are. */
  readonly #counts = new Int32Array(MAX_RANK + 1);
  readonly #lengths = new Int32Array(MAX_RANK + 1);

  private constructor(ports: readonly Port[]) {
    this.#ports = ports;
    this.#names = ports.map(({ name }) => Buffer.from(name));
    this.seen = ports.map(() => ({ dims: [], from: 0, to: 0, isNested: false, isOneLine: true }));
  }

  /** undefined where the model's inputs are not all FP32 with fixed rows. */
  static for(ports: readonly Port[]): FastBody | undefined {
    const isSimple = ports.every(
      ({ dtype, rowSize, name, dims }) =>
        dtype === 'float32' &&
        rowSize !== undefined &&
        dims.length <= MAX_RANK &&
        /^[ !#-[\]-~]+$/.test(name),
    );
    return isSimple && ports.length > 0 && ports.length < 32 ? new FastBody(ports) : undefined;
  }

  /** Appends the request's numbers to the sinks, one per input. False: nothing is known, and what was appended is void. */
  read(body: Uint8Array, sinks: readonly Sink[]): boolean {
    this.#load(body);
    this.#at = 0;
    this.id = undefined;
    this.rows = 0;
    let hasInputs = false;
    if (!this.#open(0x7b)) return false;
    do {
      const key = this.#key();
      if (key < 0) return false;
      if (this.#is(key, INPUTS)) {
        if (hasInputs || !this.#inputs(sinks)) return false;
        hasInputs = true;
      } else if (this.#is(key, ID)) {
        if (this.id !== undefined || !this.#plainId()) return false;
      } else return false;
    } while (this.#next(0x2c));
    const isClosed = this.#next(0x7d);
    this.#space();
    return isClosed && this.#at === this.#length && hasInputs;
  }

  #load(body: Uint8Array): void {
    const needed = body.length + PADDING;
    if (this.#body.length < needed || (this.#body.length > MAX_KEPT && needed <= MAX_KEPT)) {
      this.#body = new Uint8Array(Math.max(needed, 1024));
      this.#view = new DataView(this.#body.buffer);
    }
    this.#body.set(body);
    this.#body.fill(0, body.length, needed);
    this.#length = body.length;
  }

  #plainId(): boolean {
    const from = this.#string();
    if (from < 0 || this.#at - from > MAX_ID) return false;
    this.id = this.#text(from, this.#at - 1);
    return true;
  }

  #inputs(sinks: readonly Sink[]): boolean {
    if (!this.#open(0x5b)) return false;
    let found = 0;
    do {
      const index = this.#input(sinks);
      if (index < 0 || found & (1 << index)) return false;
      found |= 1 << index;
    } while (this.#next(0x2c));
    return this.#next(0x5d) && found === 2 ** this.#ports.length - 1;
  }

  /** Index of the input read, or -1. */
  #input(sinks: readonly Sink[]): number {
    if (!this.#open(0x7b)) return -1;
    // With one input there is no doubt where data goes, wherever its name stands.
    let index = this.#ports.length === 1 ? 0 : -1;
    let parts = 0;
    let count = 0;
    let rank = 0;
    let dims: number[] = [];
    do {
      const key = this.#key();
      if (key < 0) return -1;
      let part: number;
      if (this.#is(key, DATA)) {
        part = 8;
        const sink = sinks[index];
        const seen = this.seen[index];
        if (sink === undefined || seen === undefined) return -1;
        const before = sink.length;
        rank = this.#data(sink, seen);
        if (rank < 0) return -1;
        count = sink.length - before;
      } else if (this.#is(key, NAME)) {
        part = 1;
        const from = this.#string();
        if (from < 0) return -1;
        index = this.#names.findIndex((name) => this.#is(from, name));
        if (index < 0) return -1;
      } else if (this.#is(key, SHAPE)) {
        part = 2;
        dims = [];
        if (!this.#shape(dims)) return -1;
      } else if (this.#is(key, DATATYPE)) {
        part = 4;
        const from = this.#string();
        if (from < 0 || !this.#is(from, FP32)) return -1;
      } else return -1;
      if (parts & part) return -1;
      parts |= part;
    } while (this.#next(0x2c));
    if (!this.#next(0x7d) || parts !== 15) return -1;
    return this.#fits(index, dims, rank, count) ? index : -1;
  }

  /** What validate.ts would find out, for the simple case. */
  #fits(index: number, dims: number[], rank: number, count: number): boolean {
    const port = this.#ports[index];
    const seen = this.seen[index];
    if (!port || !seen || dims.length !== port.dims.length) return false;
    for (let axis = 0; axis < dims.length; axis++) {
      const expected = port.dims[axis] ?? -1;
      const dim = dims[axis] ?? 0;
      if (dim < 1 || (expected >= 0 && expected !== dim)) return false;
      if (seen.isNested && this.#lengths[axis + 1] !== dim) return false;
    }
    if (seen.isNested && rank !== dims.length) return false;
    const rows = dims[0] ?? 0;
    if (rows * (port.rowSize ?? 0) !== count || (this.rows !== 0 && this.rows !== rows)) return false;
    this.rows = rows;
    seen.dims = dims;
    return true;
  }

  #shape(dims: number[]): boolean {
    if (!this.#open(0x5b)) return false;
    do {
      const body = this.#body;
      this.#space();
      let at = this.#at;
      let dim = 0;
      const from = at;
      for (let byte = body[at] ?? 0; byte >= 0x30 && byte <= 0x39; byte = body[at] ?? 0) {
        dim = dim * 10 + byte - 0x30;
        at++;
      }
      if (at === from || at - from > 9 || (body[from] === 0x30 && at - from > 1)) return false;
      this.#at = at;
      dims.push(dim);
      if (dims.length > MAX_RANK) return false;
    } while (this.#next(0x2c));
    return this.#next(0x5d);
  }

  /** Appends a flat or regularly nested array of numbers; returns how deeply it is nested, or -1. */
  #data(sink: Sink, seen: Seen): number {
    const body = this.#body;
    const view = this.#view;
    const counts = this.#counts;
    const lengths = this.#lengths;
    lengths.fill(-1);
    let { data, length } = sink;
    let depth = 0;
    let leaf = 0;
    let isOneLine = true;
    this.#space();
    let at = this.#at;
    seen.from = at;
    // A value may come here (after "[" or ","); otherwise "," or "]" must.
    let isValue = true;
    for (;;) {
      const byte = body[at] ?? 0;
      if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) {
        if (byte !== 0x20) isOneLine = false;
        at++;
        continue;
      }
      if (!isValue) {
        if (byte === 0x2c) isValue = true;
        else if (byte === 0x5d) {
          const count = counts[depth] ?? 0;
          const known = lengths[depth] ?? -1;
          if (known < 0) lengths[depth] = count;
          else if (known !== count) return -1;
          depth--;
          if (depth === 0) break;
        } else return -1;
        at++;
        continue;
      }
      if (byte === 0x5b) {
        // Inner arrays count as items of the outer one; none may open where numbers stand.
        if (depth > 0) counts[depth] = (counts[depth] ?? 0) + 1;
        depth++;
        if (depth > MAX_RANK || (leaf > 0 && depth > leaf)) return -1;
        counts[depth] = 0;
        at++;
        continue;
      }
      if (leaf === 0) leaf = depth;
      if (depth === 0 || depth !== leaf) return -1;
      // The usual number is short or a fraction of one: read here, four digits at a time. All others take the long way.
      const start = at;
      let digit = byte === 0x2d ? (body[++at] ?? 0) : byte;
      let digits = digit - 0x30;
      let value = -1;
      if (digits >= 0 && digits <= 9) {
        digit = body[++at] ?? 0;
        if (digit === 0x2e) {
          const from = ++at;
          let four = fourDigits(view, at);
          if (four >= 0) {
            digits = digits * 10000 + four;
            at += 4;
            four = fourDigits(view, at);
            if (four >= 0) {
              digits = digits * 10000 + four;
              at += 4;
              four = fourDigits(view, at);
              if (four >= 0) {
                digits = digits * 10000 + four;
                at += 4;
              }
            }
          }
          digit = body[at] ?? 0;
          // Fifteen digits at most: as many as a double holds exactly.
          while (digit >= 0x30 && digit <= 0x39 && at - from < 14) {
            digits = digits * 10 + digit - 0x30;
            digit = body[++at] ?? 0;
          }
          const exponent = at - from;
          value = digits / (POWERS[exponent] ?? 1);
          if (digit >= 0x30 && digit <= 0x39) {
            while (fourDigits(view, at) >= 0) at += 4;
            digit = body[at] ?? 0;
            while (digit >= 0x30 && digit <= 0x39) digit = body[++at] ?? 0;
            // What was left out changes ten digits and more by less than 2^20 units of the double's last place.
            if (digits < 1e10 || isNearBoundary(value, 0x100000)) value = -1;
          } else if (exponent === 0) value = -1;
          if (digit === 0x65 || digit === 0x45) value = -1;
        } else if (digit === 0x2c || digit === 0x5d) {
          value = digits;
        }
      }
      if (value < 0) {
        value = this.#decimal.read(body, start);
        at = this.#decimal.end;
      } else if (byte === 0x2d) value = -value;
      // Not a number, or too large for FP32: the general reader says so.
      if (!(value <= 3.4028235677973366e38 && value >= -3.4028235677973366e38)) return -1;
      if (length === data.length) {
        const larger = new Float32Array(Math.max(64, data.length * 2));
        larger.set(data);
        data = larger;
      }
      data[length++] = value;
      counts[depth] = (counts[depth] ?? 0) + 1;
      isValue = false;
    }
    at++;
    this.#at = at;
    sink.data = data;
    sink.length = length;
    seen.to = at;
    seen.isNested = leaf > 1;
    seen.isOneLine = isOneLine;
    return leaf;
  }

  #text(from: number, to: number): string {
    return Buffer.from(this.#body.buffer, this.#body.byteOffset + from, to - from).toString('latin1');
  }

  /** Skips white space; the next byte. */
  #space(): number {
    const body = this.#body;
    let byte = body[this.#at] ?? 0;
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = body[++this.#at] ?? 0;
    return byte;
  }

  #open(bracket: number): boolean {
    return this.#next(bracket);
  }

  #next(expected: number): boolean {
    if (this.#space() !== expected) return false;
    this.#at++;
    return true;
  }

  /** Start of a key's text, past whose quote and colon it stops; or -1. */
  #key(): number {
    const from = this.#string();
    return from >= 0 && this.#keyEnds() ? from : -1;
  }

  #keyEnds(): boolean {
    const end = this.#at;
    if (!this.#next(0x3a)) return false;
    this.#textEnd = end - 1;
    return true;
  }

  /** Start of the text of a string of plain printable ASCII; stops behind its quote. -1 for any other. */
  #string(): number {
    if (!this.#next(0x22)) return -1;
    const body = this.#body;
    const from = this.#at;
    let at = from;
    for (;;) {
      const byte = body[at] ?? 0;
      if (byte === 0x22) break;
      if (byte < 0x20 || byte > 0x7e || byte === 0x5c) return -1;
      at++;
    }
    this.#at = at + 1;
    this.#textEnd = at;
    return from;
  }

  #textEnd = 0;

  /** Whether the string last read, which starts at `from`, is `word`. */
  #is(from: number, word: Buffer): boolean {
    if (this.#textEnd - from !== word.length) return false;
    for (let index = 0; index < word.length; index++) {
      if (this.#body[from + index] !== word[index]) return false;
    }
    return true;
  }
}
