// Reads the usual V2 request, all inputs FP32 and nothing unusual in it, from bytes straight into the batch.
// Anything else makes it give up, and the general reader (protocols/open-inference.ts) decides what it is: so this file
// never has to explain an error, only to be sure that it accepts nothing JSON.parse and the checks would not.

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
const INPUTS = Buffer.from('inputs');
const ID = Buffer.from('id');
const NAME = Buffer.from('name');
const SHAPE = Buffer.from('shape');
const DATATYPE = Buffer.from('datatype');
const DATA = Buffer.from('data');
const FP32 = Buffer.from('FP32');
const POWERS = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);
const wide = new Float64Array(1);
const halves = new Uint32Array(wide.buffer);

/** Kept and used again for every request of one model. */
export class FastBody {
  /** The request's id, or undefined; valid after `read` returned true, as are the fields below. */
  id: string | undefined;
  rows = 0;
  readonly seen: Seen[];
  readonly #ports: readonly Port[];
  readonly #names: readonly Buffer[];
  #body: Uint8Array = new Uint8Array();
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
    this.#body = body;
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
    return this.#next(0x7d) && this.#space() === END && hasInputs;
  }

  #plainId(): boolean {
    const from = this.#string();
    if (from < 0) return false;
    const text = Buffer.from(this.#body.buffer, this.#body.byteOffset + from, this.#at - 1 - from);
    this.id = text.toString('latin1');
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
      let byte = body[at] ?? 0;
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
      // ---- one number, https://www.rfc-editor.org/rfc/rfc8259#section-6
      const start = at;
      const isNegative = byte === 0x2d;
      if (isNegative) byte = body[++at] ?? 0;
      const digitsFrom = at;
      let mantissa = 0;
      let tail = 0;
      let digits = 0;
      let tailDigits = 0;
      let exponent = 0;
      for (; byte >= 0x30 && byte <= 0x39; byte = body[++at] ?? 0) {
        if (digits < 15) {
          mantissa = mantissa * 10 + byte - 0x30;
          if (mantissa !== 0) digits++;
        } else {
          tail = tail * 10 + byte - 0x30;
          tailDigits++;
        }
      }
      const whole = at - digitsFrom;
      if (whole === 0 || (whole > 1 && body[digitsFrom] === 0x30)) return -1;
      if (byte === 0x2e) {
        byte = body[++at] ?? 0;
        const fractionFrom = at;
        for (; byte >= 0x30 && byte <= 0x39; byte = body[++at] ?? 0) {
          if (digits < 15) {
            mantissa = mantissa * 10 + byte - 0x30;
            if (mantissa !== 0) digits++;
          } else {
            tail = tail * 10 + byte - 0x30;
            tailDigits++;
          }
        }
        if (at === fractionFrom) return -1;
        exponent = fractionFrom - at;
      }
      if (byte === 0x65 || byte === 0x45) {
        byte = body[++at] ?? 0;
        const isMinus = byte === 0x2d;
        if (isMinus || byte === 0x2b) byte = body[++at] ?? 0;
        const exponentFrom = at;
        let power = 0;
        for (; byte >= 0x30 && byte <= 0x39; byte = body[++at] ?? 0) power = power * 10 + byte - 0x30;
        if (at === exponentFrom) return -1;
        exponent += isMinus ? -power : power;
      }
      let value: number;
      if (tailDigits === 0 && exponent <= 0 && exponent >= -22) {
        // Both operands are exact, so the quotient is the double nearest to the text (Clinger 1990).
        value = exponent === 0 ? mantissa : mantissa / (POWERS[-exponent] ?? 1);
        if (isNegative) value = -value;
      } else {
        value = approximate(mantissa, tail, tailDigits, exponent);
        if (value < 0)
          value = Number(Buffer.from(body.buffer, body.byteOffset + start, at - start).toString('latin1'));
        else if (isNegative) value = -value;
      }
      // Too large for FP32: the general reader says so.
      if (value > 3.4028235677973366e38 || value < -3.4028235677973366e38) return -1;
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

  /** Skips white space; the next byte. */
  #space(): number {
    const body = this.#body;
    let byte = body[this.#at];
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = body[++this.#at];
    return byte ?? END;
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

/** Stands for the byte behind the end. */
const END = -1;

/**
 * The number `(mantissa·10^tailDigits + tail)·10^exponent` as a double that rounds to the right float32, or -1 when that
 * is not sure. The double may be off by a few units in its last place; that matters only where a float32 boundary lies within
 * them, which is when its 29 low bits are close to half.
 */
function approximate(mantissa: number, tail: number, tailDigits: number, exponent: number): number {
  if (mantissa === 0) return tailDigits === 0 ? 0 : -1;
  if (tailDigits > 15 || exponent < -44 || exponent > 22) return -1;
  let value = tailDigits === 0 ? mantissa : mantissa * (POWERS[tailDigits] ?? 1) + tail;
  if (exponent >= 0) value *= POWERS[exponent] ?? 1;
  else if (exponent >= -22) value /= POWERS[-exponent] ?? 1;
  else value = value / 1e22 / (POWERS[-exponent - 22] ?? 1);
  if (value < 1.2e-38 || value > 3.4e38) return -1;
  wide[0] = value;
  const low = (halves[0] ?? 0) & 0x1fffffff;
  return low > 0x0fffffe0 && low < 0x10000020 ? -1 : value;
}
