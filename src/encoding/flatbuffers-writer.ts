// Writes FlatBuffers from records. Large contents are not copied: they stay chunks of their own behind the tables, where
// the tables' offsets, which only point forward, can reach them. Format: https://flatbuffers.dev/internals/

import { Builder } from 'flatbuffers';
import {
  type Field,
  fieldIds,
  type PartialRecordOf,
  type ScalarType,
  scalarBytes,
  type Table,
} from './flatbuffers-table.ts';

/** Bytes to write behind the tables; the same object is written once. */
export type Content = { readonly bytes: Uint8Array };

const ALIGN = 16;

/** Sum of what a FlatBuffer may hold: its offsets are read as signed by some. */
export const mostBytes = 2 ** 31 - 1;

/**
 * Fields that equal their defaults are left out. The same record gives the same bytes. A record of 2 GB or more gives
 * undefined.
 *
 * @example
 * const chunks = writeFlatBuffer({ x: 3 }, 'PNT1', { x: int32(), y: int32() }, []);
 */
export function writeFlatBuffer<T extends Table>(
  record: PartialRecordOf<T>,
  identifier: string,
  root: T,
  contents: readonly Uint8Array[],
): Uint8Array[] | undefined {
  const tail = layOut(contents);
  if (tail.bytes + 2 ** 20 > mostBytes) return undefined;
  const writer = new Writer(tail);
  const offset = writer.table(record as Record<string, unknown>, root);
  const head = writer.finish(offset, identifier);
  return head.length + tail.bytes > mostBytes ? undefined : [head, ...tail.chunks];
}

type Tail = {
  readonly chunks: readonly Uint8Array[];
  readonly bytes: number;
  /** Distance of each vector's length from the end of the file. */
  readonly ends: ReadonlyMap<Uint8Array, number>;
};

// Each content as a vector of bytes: its length, then, from an address divisible by 16 on, its bytes.
function layOut(contents: readonly Uint8Array[]): Tail {
  const chunks: Uint8Array[] = [];
  const starts = new Map<Uint8Array, number>();
  let at = 0;
  for (const bytes of contents) {
    const gap = ALIGN - (at % ALIGN);
    const before = new Uint8Array(gap < 4 ? gap + ALIGN : gap);
    new DataView(before.buffer).setUint32(before.length - 4, bytes.length, true);
    chunks.push(before, bytes);
    at += before.length;
    starts.set(bytes, at - 4);
    at += bytes.length;
  }
  const rest = (ALIGN - (at % ALIGN)) % ALIGN;
  if (rest > 0) chunks.push(new Uint8Array(rest));
  at += rest;
  return { chunks, bytes: at, ends: new Map([...starts].map(([bytes, start]) => [bytes, at - start])) };
}

// The library writes from the end to the start and counts offsets from the end.
class Writer {
  readonly #builder = new Builder(1 << 16);
  readonly #tail: Tail;
  readonly #vectors = new Map<string, number>();

  constructor(tail: Tail) {
    this.#tail = tail;
    // The tail's length is a multiple of it, so alignments counted from the head's end hold for the file.
    this.#builder.prep(ALIGN, 0);
  }

  finish(root: number, identifier: string): Uint8Array {
    this.#builder.finish(root, identifier);
    return this.#builder.asUint8Array();
  }

  table(record: Record<string, unknown>, table: Table): number {
    const slots: { readonly id: number; readonly size: number; readonly put: () => void }[] = [];
    const builder = this.#builder;
    const add = (id: number, size: number, put: () => void) =>
      slots.push({
        id,
        size,
        put: () => {
          put();
          builder.slot(id);
        },
      });
    let fields = 0;
    for (const [name, id, field] of fieldIds(table)) {
      fields = id + (field.kind === 'union' ? 2 : 1);
      const value = record[name];
      if (value === undefined || field.kind === 'deprecated') continue;
      if (field.kind === 'scalar' || field.kind === 'enum') {
        const number = field.kind === 'enum' ? numberOf(field, String(value)) : value;
        const initial = field.kind === 'enum' ? numberOf(field, field.initial) : field.initial;
        if (number !== initial) {
          add(id, scalarBytes[field.type], () => this.#scalar(field.type, Number(number)));
        }
      } else if (field.kind === 'union') {
        const { type, value: member } = value as { type: string; value: Record<string, unknown> };
        const number = Object.keys(field.tables).indexOf(type) + 1;
        const offset = this.table(member, field.tables[type] ?? {});
        add(id, 1, () => builder.addInt8(number));
        add(id + 1, 4, () => builder.addOffset(offset));
      } else {
        const offset = this.#reference(value, field);
        add(id, 4, () => builder.addOffset(offset));
      }
    }
    builder.startObject(fields);
    // Wide ones first: fewer gaps.
    for (const { put } of slots.sort((a, b) => b.size - a.size || b.id - a.id)) put();
    return builder.endObject();
  }

  #reference(value: unknown, field: Field): number {
    switch (field.kind) {
      case 'string':
        return this.#builder.createSharedString(String(value)) || this.#builder.createString('');
      case 'bytes':
        return this.#bytes(value as Uint8Array, field.align);
      case 'numbers':
        return this.#numbers(value as ArrayLike<number>, field.type, field.align);
      case 'table':
        return this.table(value as Record<string, unknown>, field.table);
      case 'tables': {
        const offsets = (value as readonly Record<string, unknown>[]).map((each) =>
          this.table(each, field.table),
        );
        this.#builder.startVector(4, offsets.length, 4);
        for (const offset of offsets.reverse()) this.#builder.addOffset(offset);
        return this.#builder.endVector();
      }
      default:
        throw new TypeError(`a ${field.kind} is no reference`);
    }
  }

  #bytes(value: Uint8Array, align: number): number {
    const end = this.#tail.ends.get(value);
    // The head's offsets are counted from the head's end, behind which the tail lies.
    if (end !== undefined) return end - this.#tail.bytes;
    this.#builder.prep(Math.max(4, align), value.length);
    return this.#builder.createByteVector(value);
  }

  // Equal vectors are written once.
  #numbers(values: ArrayLike<number>, type: ScalarType, align: number): number {
    const list = Array.from(values);
    const key = list.length <= 16 ? `${type}:${list.join()}` : undefined;
    const known = key === undefined ? undefined : this.#vectors.get(key);
    if (known !== undefined) return known;
    this.#builder.startVector(scalarBytes[type], list.length, align);
    for (const value of list.reverse()) this.#scalar(type, value);
    const offset = this.#builder.endVector();
    if (key !== undefined) this.#vectors.set(key, offset);
    return offset;
  }

  #scalar(type: ScalarType, value: number): void {
    scalars[type](this.#builder, value);
  }
}

const scalars: Readonly<Record<ScalarType, (builder: Builder, value: number) => void>> = {
  bool: (builder, value) => builder.addInt8(value === 0 ? 0 : 1),
  int8: (builder, value) => builder.addInt8(value),
  uint8: (builder, value) => builder.addInt8(value),
  int16: (builder, value) => builder.addInt16(value),
  uint16: (builder, value) => builder.addInt16(value),
  int32: (builder, value) => builder.addInt32(value),
  uint32: (builder, value) => builder.addInt32(value),
  int64: (builder, value) => builder.addInt64(whole(value, 2n ** 63n - 1n)),
  uint64: (builder, value) => builder.addInt64(whole(value, 2n ** 64n - 1n)),
  float32: (builder, value) => builder.addFloat32(value),
  float64: (builder, value) => builder.addFloat64(value),
};

// The largest integers of 64 bits are read as the number just past them.
function whole(value: number, most: bigint): bigint {
  const integer = BigInt(Math.trunc(value));
  return integer > most ? most : integer;
}

function numberOf(field: Extract<Field, { kind: 'enum' }>, name: string): number {
  const value = name.startsWith('#') ? Number(name.slice(1)) : field.names.indexOf(name);
  if (value >= 0) return value;
  throw new RangeError(`${name} is not one of ${field.names.join(', ')}`);
}
