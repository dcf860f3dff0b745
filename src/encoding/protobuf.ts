// Protocol buffers through protobufjs: a schema as text in, records out. Knows no models.
// Wire format: https://protobuf.dev/programming-guides/encoding/

import type { Reader, Type } from 'protobufjs';

/** An integer of 64 bits: a number where that is exact, otherwise a bigint. */
export type Int64 = number | bigint;

export type Schema = {
  /**
   * Decodes one message. Fields of `bytes` are views into `bytes`; unknown fields are skipped; an absent field reads
   * as its default through the prototype, so `Object.hasOwn` tells whether it was there. Throws WireError.
   */
  decode(message: string, bytes: Uint8Array): unknown;
  /** Encodes one record; fields that are undefined are left out. The same record gives the same bytes. */
  encode(message: string, record: object): Uint8Array;
};

/** The bytes are not a message of this schema; `offset` is where reading stopped. */
export class WireError extends Error {
  readonly offset: number;

  constructor(problem: string, offset: number, cause: unknown) {
    super(problem, { cause });
    this.name = 'WireError';
    this.offset = offset;
  }
}

/**
 * @example
 * const schema = await loadSchema('syntax = "proto2"; message Point { optional int32 x = 1; }');
 * const bytes = schema.encode('Point', { x: 3 });
 */
export async function loadSchema(text: string): Promise<Schema> {
  const { default: protobuf } = await import('protobufjs');
  const { root } = protobuf.parse(text);
  const types = new Map<string, Type>();
  const find = (name: string): Type => {
    let type = types.get(name);
    if (type === undefined) {
      type = root.lookupType(name);
      types.set(name, type);
    }
    return type;
  };
  return {
    decode(message, bytes) {
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const reader = exact(new protobuf.BufferReader(buffer));
      try {
        return find(message).decode(reader);
      } catch (cause) {
        throw new WireError(explain(cause), Math.min(reader.pos, bytes.byteLength), cause);
      }
    },
    encode(message, record) {
      return find(message).encode(record).finish();
    },
  };
}

/** Ready to be given to `encode`: clamped to the int64 range, exact for bigints. */
export function toInt64(value: Int64): number | { low: number; high: number } {
  if (typeof value === 'number') {
    if (value >= 2 ** 63) return { low: -1, high: 0x7fffffff };
    if (value <= -(2 ** 63)) return { low: 0, high: -0x80000000 };
    return value;
  }
  return { low: Number(BigInt.asIntN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)) };
}

// protobufjs makes an object of every 64-bit integer; a file of a million small ones would take forty bytes for each.
function exact(reader: Reader): Reader {
  return Object.assign(reader, {
    int64: () => readVarint(reader, true),
    uint64: () => readVarint(reader, false),
    discardUnknown: true,
  }) as unknown as Reader;
}

function readVarint(reader: Reader, signed: boolean): Int64 {
  let low = 0;
  let high = 0;
  for (let index = 0; index < 10; index++) {
    if (reader.pos >= reader.len) throw new RangeError('index out of range');
    const byte = reader.buf[reader.pos++] as number;
    if (index < 4) low |= (byte & 127) << (7 * index);
    else if (index === 4) {
      low |= (byte & 15) << 28;
      high |= (byte & 127) >>> 4;
    } else high |= (byte & 127) << (7 * index - 32);
    if (byte < 128) return join(low >>> 0, signed ? high | 0 : high >>> 0);
  }
  throw new Error('invalid varint encoding');
}

function join(low: number, high: number): Int64 {
  const value = high * 2 ** 32 + low;
  return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) | BigInt(low);
}

function explain(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof RangeError && /index out of range/.test(message))
    return 'a field reaches past the end, as when a file is cut short';
  if (/max depth/.test(message)) return 'messages are nested more than 100 deep';
  return `its fields cannot be told apart: ${message.replace(/ at offset \d+$/, '')}`;
}
