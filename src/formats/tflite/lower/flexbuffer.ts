// Options of custom operators: a FlexBuffer map of numbers, words and lists of integers, or a list of strings. Nothing
// nested is read.
// https://flatbuffers.dev/internals/ (FlexBuffers)

export type FlexValue = number | boolean | string | readonly number[];

const INT = 1;
const UINT = 2;
const FLOAT = 3;
const STRING = 5;
const INDIRECT_INT = 6;
const INDIRECT_UINT = 7;
const INDIRECT_FLOAT = 8;
const MAP = 9;
const VECTOR = 10;
const VECTOR_INT = 11;
const VECTOR_UINT = 12;
/** Lists of two, three and four integers, signed and not, without their length. */
const fixedLists: Readonly<Record<number, number>> = { 16: 2, 17: 2, 19: 3, 20: 3, 22: 4, 23: 4 };
const BOOL = 26;
/** Entries of a map or a list; an operator has a handful. */
const MOST_ENTRIES = 1024;

/** The entries of the map; values of other kinds are left out. */
export function readFlexMap(
  bytes: Uint8Array,
  fail: (problem: string) => never,
): ReadonlyMap<string, FlexValue> {
  const reader = new Reader(bytes, fail);
  const width = reader.integer(bytes.length - 1, 1, false);
  const packed = reader.integer(bytes.length - 2, 1, false);
  if (packed >> 2 !== MAP) fail('its options are not a map');
  const map = reader.target(bytes.length - 2 - width, width);
  const own = 1 << (packed & 3);
  const count = reader.integer(map - own, own, false);
  if (count > MOST_ENTRIES) fail(`its options have ${count} entries`);
  const keys = reader.target(map - 3 * own, own);
  const keyWidth = reader.integer(map - 2 * own, own, false);
  const entries: [string, FlexValue][] = [];
  for (let index = 0; index < count; index++) {
    const key = reader.text(reader.target(keys + index * keyWidth, keyWidth));
    const type = reader.integer(map + count * own + index, 1, false);
    const value = reader.value(map + index * own, own, type);
    if (value !== undefined) entries.push([key, value]);
  }
  return new Map(entries);
}

/** The entries of the list as bytes, which need not be text. */
export function readFlexStrings(bytes: Uint8Array, fail: (problem: string) => never): readonly Uint8Array[] {
  const reader = new Reader(bytes, fail);
  const width = reader.integer(bytes.length - 1, 1, false);
  const packed = reader.integer(bytes.length - 2, 1, false);
  if (packed >> 2 !== VECTOR) fail('its options are not a list');
  const list = reader.target(bytes.length - 2 - width, width);
  const own = 1 << (packed & 3);
  const count = reader.integer(list - own, own, false);
  if (count > MOST_ENTRIES) fail(`its options have ${count} entries`);
  return Array.from({ length: count }, (_, index) => {
    const type = reader.integer(list + count * own + index, 1, false);
    if (type >> 2 !== STRING) fail('its options are not a list of strings');
    const start = reader.target(list + index * own, own);
    const size = 1 << (type & 3);
    return reader.bytes(start, reader.integer(start - size, size, false));
  });
}

class Reader {
  readonly #view: DataView;
  readonly #fail: (problem: string) => never;

  constructor(bytes: Uint8Array, fail: (problem: string) => never) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fail = fail;
  }

  integer(at: number, width: number, isSigned: boolean): number {
    if (at < 0 || at + width > this.#view.byteLength) this.#fail('its options are cut off');
    switch (width) {
      case 1:
        return isSigned ? this.#view.getInt8(at) : this.#view.getUint8(at);
      case 2:
        return isSigned ? this.#view.getInt16(at, true) : this.#view.getUint16(at, true);
      case 4:
        return isSigned ? this.#view.getInt32(at, true) : this.#view.getUint32(at, true);
      case 8:
        return Number(isSigned ? this.#view.getBigInt64(at, true) : this.#view.getBigUint64(at, true));
      default:
        return this.#fail(`its options have a number of ${width} bytes`);
    }
  }

  /** Offsets count backwards. */
  target(at: number, width: number): number {
    return at - this.integer(at, width, false);
  }

  bytes(at: number, length: number): Uint8Array {
    if (at < 0 || at + length > this.#view.byteLength) this.#fail('its options are cut off');
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, length);
  }

  text(at: number, length?: number): string {
    if (at < 0 || at > this.#view.byteLength) this.#fail('its options are cut off');
    const rest = new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, this.#view.byteLength - at);
    const end = length ?? rest.indexOf(0);
    if (end < 0 || end > rest.length) this.#fail('its options are cut off');
    return new TextDecoder().decode(rest.subarray(0, end));
  }

  value(at: number, parent: number, packed: number): FlexValue | undefined {
    const width = 1 << (packed & 3);
    switch (packed >> 2) {
      case INT:
        return this.integer(at, parent, true);
      case UINT:
        return this.integer(at, parent, false);
      case BOOL:
        return this.integer(at, parent, false) !== 0;
      case FLOAT:
        return this.#float(at, parent);
      case INDIRECT_INT:
        return this.integer(this.target(at, parent), width, true);
      case INDIRECT_UINT:
        return this.integer(this.target(at, parent), width, false);
      case INDIRECT_FLOAT:
        return this.#float(this.target(at, parent), width);
      case STRING: {
        const start = this.target(at, parent);
        return this.text(start, this.integer(start - width, width, false));
      }
      case VECTOR_INT:
      case VECTOR_UINT: {
        const start = this.target(at, parent);
        const count = this.integer(start - width, width, false);
        if (count > MOST_ENTRIES) this.#fail(`its options have a list of ${count}`);
        return this.#list(start, count, width, packed >> 2 === VECTOR_INT);
      }
      default: {
        const count = fixedLists[packed >> 2];
        if (count === undefined) return undefined;
        return this.#list(this.target(at, parent), count, width, (packed >> 2) % 3 === 1);
      }
    }
  }

  #list(start: number, count: number, width: number, isSigned: boolean): readonly number[] {
    return Array.from({ length: count }, (_, index) => this.integer(start + index * width, width, isSigned));
  }

  #float(at: number, width: number): number {
    if (at < 0 || at + width > this.#view.byteLength) this.#fail('its options are cut off');
    if (width === 4) return this.#view.getFloat32(at, true);
    return width === 8
      ? this.#view.getFloat64(at, true)
      : this.#fail(`its options have a float of ${width} bytes`);
  }
}
