// FlatBuffers: tables described by the caller in, records out, and back. Every offset of a file is checked before it is
// followed. Knows no models. Format: https://flatbuffers.dev/internals/

import { ByteBuffer } from 'flatbuffers';
import { errors } from '../errors.ts';
import {
  type Field,
  fieldIds,
  type RecordOf,
  type ScalarType,
  scalarBytes,
  type Table,
} from './flatbuffers-table.ts';

/**
 * Reads the root table. Fields that are absent have their defaults; vectors of bytes are views into `bytes`.
 * Errors: MODEL_DAMAGED with the byte offset and what was read there.
 *
 * @example
 * const Point = { x: int32(), y: int32() };
 * readFlatBuffer(bytes, 'point.bin', 'PNT1', 'Point', Point).x;
 */
export function readFlatBuffer<T extends Table>(
  bytes: Uint8Array,
  path: string,
  identifier: string,
  name: string,
  root: T,
): RecordOf<T> {
  const reader = new Reader(bytes, path);
  reader.need(0, 8, 'the start of the file');
  const found = String.fromCharCode(...bytes.subarray(4, 8));
  if (found !== identifier) {
    throw reader.damaged(4, `its identifier is ${JSON.stringify(found)}, not ${JSON.stringify(identifier)}`);
  }
  return reader.table(reader.follow(0, name), root, name) as RecordOf<T>;
}

type Place = {
  readonly at: number;
  readonly vtable: number;
  readonly vtableBytes: number;
  readonly bytes: number;
};

class Reader {
  readonly #bytes: Uint8Array;
  readonly #buffer: ByteBuffer;
  readonly #path: string;
  readonly #text = new TextDecoder();
  // Offsets may share what they point to, so a small file can unfold to a large one. Nobody's writer does that: what is
  // read in all is held to a few times what the file has. Tables of a schema do not nest in themselves: no loops.
  #budget: number;

  constructor(bytes: Uint8Array, path: string) {
    this.#bytes = bytes;
    this.#buffer = new ByteBuffer(bytes);
    this.#path = path;
    this.#budget = 1024 + 8 * bytes.length;
  }

  damaged(offset: number, problem: string): Error {
    return errors.MODEL_DAMAGED(this.#path, problem, { file: this.#path, offset });
  }

  need(at: number, length: number, what: string): void {
    const end = this.#bytes.length;
    if (at >= 0 && length <= end - at) return;
    throw this.damaged(
      Math.max(0, at),
      `${what} reaches from byte ${at} to ${at + length}, and the file ends at ${end}`,
    );
  }

  follow(at: number, what: string): number {
    this.need(at, 4, `the offset of ${what}`);
    const offset = this.#buffer.readUint32(at);
    if (offset === 0) throw this.damaged(at, `the offset of ${what} is 0`);
    this.need(at + offset, 4, what);
    return at + offset;
  }

  table(at: number, table: Table, what: string): Record<string, unknown> {
    const place = this.#place(at, what);
    const record: Record<string, unknown> = {};
    for (const [name, id, field] of fieldIds(table)) {
      if (field.kind !== 'deprecated') record[name] = this.#field(place, id, field, `${name} of ${what}`);
    }
    return record;
  }

  #place(at: number, what: string): Place {
    this.need(at, 4, what);
    const vtable = at - this.#buffer.readInt32(at);
    this.need(vtable, 4, `the table of fields of ${what}`);
    const vtableBytes = this.#buffer.readUint16(vtable);
    const bytes = this.#buffer.readUint16(vtable + 2);
    this.need(vtable, Math.max(4, vtableBytes), `the table of fields of ${what}`);
    this.need(at, Math.max(4, bytes), what);
    this.#spend(4 + bytes, at, what);
    return { at, vtable, vtableBytes, bytes };
  }

  /** Where the field is, undefined when it is absent. */
  #slot(place: Place, id: number, size: number, what: string): number | undefined {
    const entry = 4 + 2 * id;
    if (entry + 2 > place.vtableBytes) return undefined;
    const offset = this.#buffer.readUint16(place.vtable + entry);
    if (offset === 0) return undefined;
    if (offset < 4 || offset + size > place.bytes) {
      throw this.damaged(place.vtable + entry, `${what} lies outside of its table`);
    }
    return place.at + offset;
  }

  #field(place: Place, id: number, field: Field, what: string): unknown {
    if (field.kind === 'union') return this.#union(place, id, field, what);
    const size = field.kind === 'scalar' || field.kind === 'enum' ? scalarBytes[field.type] : 4;
    const slot = this.#slot(place, id, size, what);
    if (slot === undefined) return 'initial' in field ? field.initial : undefined;
    switch (field.kind) {
      case 'scalar':
        return this.#scalar(slot, field.type);
      case 'enum': {
        const value = Number(this.#scalar(slot, field.type));
        return field.names[value] ?? `#${value}`;
      }
      case 'string':
        return this.#string(this.follow(slot, what), what);
      case 'bytes': {
        const at = this.follow(slot, what);
        return this.#bytes.subarray(at + 4, at + 4 + this.#length(at, 1, what));
      }
      case 'numbers':
        return this.#numbers(this.follow(slot, what), field.type, what);
      case 'table':
        return this.table(this.follow(slot, what), field.table, what);
      case 'tables':
        return this.#tables(this.follow(slot, what), field.table, what);
      case 'deprecated':
        return undefined;
    }
  }

  // A union is two fields: its number, and the table that the number names.
  #union(place: Place, id: number, field: Extract<Field, { kind: 'union' }>, what: string): unknown {
    const type = this.#slot(place, id, 1, what);
    const number = type === undefined ? 0 : this.#buffer.readUint8(type);
    if (number === 0) return undefined;
    const slot = this.#slot(place, id + 1, 4, what);
    const [name, table] = Object.entries(field.tables)[number - 1] ?? [];
    if (name === undefined || table === undefined) return { type: `#${number}`, value: {} };
    if (slot === undefined) return { type: name, value: this.defaults(table) };
    return { type: name, value: this.table(this.follow(slot, what), table, `${name}, ${what}`) };
  }

  defaults(table: Table): Record<string, unknown> {
    return Object.fromEntries(
      fieldIds(table).map(([name, , field]) => [name, 'initial' in field ? field.initial : undefined]),
    );
  }

  #scalar(at: number, type: ScalarType): number | boolean {
    const buffer = this.#buffer;
    switch (type) {
      case 'bool':
        return buffer.readUint8(at) !== 0;
      case 'int8':
        return buffer.readInt8(at);
      case 'uint8':
        return buffer.readUint8(at);
      case 'int16':
        return buffer.readInt16(at);
      case 'uint16':
        return buffer.readUint16(at);
      case 'int32':
        return buffer.readInt32(at);
      case 'uint32':
        return buffer.readUint32(at);
      case 'int64':
        return Number(buffer.readInt64(at));
      case 'uint64':
        return Number(buffer.readUint64(at));
      case 'float32':
        return buffer.readFloat32(at);
      case 'float64':
        return buffer.readFloat64(at);
    }
  }

  /** Number of elements of the vector at `at`, all of which are in the file. */
  #length(at: number, elementBytes: number, what: string): number {
    const count = this.#buffer.readUint32(at);
    this.need(at + 4, count * elementBytes, `${what} (${count} elements)`);
    return count;
  }

  #string(at: number, what: string): string {
    const length = this.#length(at, 1, what);
    this.#spend(length, at, what);
    return this.#text.decode(this.#bytes.subarray(at + 4, at + 4 + length));
  }

  #numbers(at: number, type: ScalarType, what: string): number[] {
    const size = scalarBytes[type];
    const count = this.#length(at, size, what);
    this.#spend(count * size, at, what);
    const values = new Array<number>(count);
    for (let index = 0; index < count; index++)
      values[index] = Number(this.#scalar(at + 4 + index * size, type));
    return values;
  }

  #tables(at: number, table: Table, what: string): unknown[] {
    const count = this.#length(at, 4, what);
    this.#spend(count * 4, at, what);
    const values: unknown[] = [];
    for (let index = 0; index < count; index++) {
      const name = `${what} ${index}`;
      values.push(this.table(this.follow(at + 4 + index * 4, name), table, name));
    }
    return values;
  }

  #spend(bytes: number, at: number, what: string): void {
    this.#budget -= bytes;
    if (this.#budget < 0)
      throw this.damaged(at, `its parts share so much that it unfolds without end, at ${what}`);
  }
}
