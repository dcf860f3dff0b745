// FlatBuffers from and to records: what is written is read, and what is damaged is refused with its place.

import { describe, expect, it } from 'vitest';
import { readFlatBuffer } from '../../src/encoding/flatbuffers.ts';
import {
  bool,
  bytes,
  choice,
  deprecated,
  float32,
  int8,
  int32,
  int64,
  many,
  numbers,
  one,
  string,
  uint64,
  union,
} from '../../src/encoding/flatbuffers-table.ts';
import { writeFlatBuffer } from '../../src/encoding/flatbuffers-writer.ts';
import { MlctlError } from '../../src/errors.ts';

const leaf = { name: string, weight: float32(1) };
const other = { values: numbers('int64') };
const root = {
  small: int8(),
  gone: deprecated,
  count: int32(-1),
  large: int64(),
  unsigned: uint64(),
  isOn: bool(true),
  mode: choice('int8', ['OFF', 'ON', 'AUTO'], 'ON'),
  name: string,
  data: bytes(16),
  sizes: numbers('int32'),
  leaf: one(leaf),
  leaves: many(leaf),
  either: union({ Leaf: leaf, Other: other }),
};

type Root = Parameters<typeof writeFlatBuffer<typeof root>>[0];

function write(record: Root, contents: readonly Uint8Array[] = []): Uint8Array {
  return new Uint8Array(Buffer.concat(writeFlatBuffer(record, 'TEST', root, contents) ?? []));
}

const read = (file: Uint8Array) => readFlatBuffer(file, 'a.bin', 'TEST', 'the root', root);

function failure(file: Uint8Array): MlctlError {
  try {
    read(file);
  } catch (error) {
    if (error instanceof MlctlError) return error;
    throw error;
  }
  throw new Error('it was read');
}

const data = Uint8Array.from({ length: 21 }, (_, index) => index);
const full: Root = {
  small: -5,
  count: 7,
  large: -(2 ** 40),
  unsigned: 2 ** 50,
  isOn: false,
  mode: 'AUTO',
  name: 'größe',
  data,
  sizes: [1, -2, 3],
  leaf: { name: 'one', weight: 0.5 },
  leaves: [{ name: 'a', weight: 2 }, { name: 'b' }],
  either: { type: 'Other', value: { values: [1, 2] } },
};

describe('what is written', () => {
  it('is read again', () => {
    expect(read(write(full, [data]))).toEqual({
      ...full,
      leaves: [
        { name: 'a', weight: 2 },
        { name: 'b', weight: 1 },
      ],
    });
  });

  it('has its defaults where nothing was said', () => {
    expect(read(write({}))).toMatchObject({ small: 0, count: -1, isOn: true, mode: 'ON', name: undefined });
  });

  it('takes no room for what equals its default', () => {
    expect(write({ count: -1, mode: 'ON', isOn: true })).toEqual(write({}));
  });

  it('is the same every time, and contents are aligned', () => {
    const file = write(full, [data]);
    expect(write(full, [data])).toEqual(file);
    const at = Buffer.from(file).indexOf(Buffer.from(data));
    expect(at % 16).toBe(0);
    expect(file.length % 16).toBe(0);
  });

  it('keeps a content given as a chunk by reference', () => {
    expect(writeFlatBuffer({ data }, 'TEST', root, [data])).toContain(data);
  });

  it('saturates at the largest integer of 64 bits', () => {
    expect(read(write({ large: 2 ** 63 })).large).toBe(2 ** 63);
  });

  it('names values that the schema does not', () => {
    expect(read(write({ mode: '#9' })).mode).toBe('#9');
  });
});

describe('what is damaged', () => {
  const file = write(full, [data]);

  it('is refused when its identifier is another', () => {
    const damaged = file.slice();
    damaged[4] = 0x41;
    expect(failure(damaged)).toMatchObject({ code: 'MODEL_DAMAGED', where: { offset: 4 } });
  });

  it('is refused wherever it is cut off', () => {
    for (let length = 0; length < file.length - 16; length++) {
      expect(failure(file.slice(0, length)).code).toBe('MODEL_DAMAGED');
    }
  });

  it('names what reaches past the end', () => {
    const [head] = writeFlatBuffer({ name: 'x'.repeat(40) }, 'TEST', root, []) ?? [];
    const damaged = new Uint8Array(head ?? []);
    const at = Buffer.from(damaged).indexOf('x'.repeat(40)) - 4;
    new DataView(damaged.buffer).setUint32(at, 0xffffffff, true);
    const { message, where } = failure(damaged);
    expect(message).toMatch(/name of the root .* reaches from byte \d+ to \d+, and the file ends at \d+/);
    expect(where?.offset).toBe(at + 4);
  });

  it('never becomes another error, whatever byte is changed', () => {
    for (let at = 0; at < file.length; at++) {
      for (const value of [0, 1, 4, 127, 128, 255]) {
        const damaged = file.slice();
        damaged[at] = value;
        try {
          read(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(MlctlError);
        }
      }
    }
  });

  it('is refused when a few bytes unfold to many', () => {
    // Every entry of the vector points to the same table, whose own vector of 64 KB is read each time.
    const wide = { sizes: numbers('int32'), items: many({ sizes: numbers('int32') }) };
    const sizes = Array.from({ length: 16_384 }, (_, index) => index);
    const items = Array.from({ length: 2000 }, () => ({ sizes: [1] }));
    items[0] = { sizes };
    const bomb = new Uint8Array(Buffer.concat(writeFlatBuffer({ items }, 'TEST', wide, []) ?? []));
    const view = new DataView(bomb.buffer);
    const table = view.getUint32(0, true);
    const field = table + view.getUint16(table - view.getInt32(table, true) + 6, true);
    const vector = field + view.getUint32(field, true);
    const first = vector + 4 + view.getUint32(vector + 4, true);
    for (let index = 1; index < 2000; index++) {
      const entry = vector + 4 + 4 * index;
      view.setUint32(entry, first - entry, true);
    }
    expect(() => readFlatBuffer(bomb, 'a.bin', 'TEST', 'the root', wide)).toThrow(/unfolds without end/);
  });
});
