import { expect, test } from 'vitest';
import { loadSchema, toInt64, WireError } from '../../src/encoding/protobuf.ts';

const schema = await loadSchema(`
  syntax = "proto2";
  message Sample {
    optional int64 signed = 1;
    optional uint64 unsigned = 2;
    repeated int64 list = 3 [packed = true];
    optional bytes blob = 4;
    optional string text = 5;
    optional Sample inner = 6;
  }
  message Other { optional int32 unknown = 99; optional int64 signed = 1; }
`);

test.each([0, 1, -1, 127, 128, -128, 2 ** 32, -(2 ** 32), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])(
  'the number %d stays a number',
  (value) => {
    const bytes = schema.encode('Sample', { signed: toInt64(value) });
    expect(schema.decode('Sample', bytes)).toMatchObject({ signed: value });
  },
);

test('what a number cannot hold becomes a bigint', () => {
  const values = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n];
  const bytes = schema.encode('Sample', { list: values.map(toInt64), unsigned: toInt64(2n ** 64n - 1n) });
  expect(schema.decode('Sample', bytes)).toMatchObject({ list: values, unsigned: 2n ** 64n - 1n });
});

test('bytes are views, unknown fields are skipped, absent fields can be told', () => {
  const bytes = schema.encode('Sample', { blob: Buffer.from('abc') });
  const sample = schema.decode('Sample', bytes) as { blob: Uint8Array; text: string };
  expect(sample.blob.buffer).toBe(bytes.buffer);
  expect([sample.text, Object.hasOwn(sample, 'text')]).toEqual(['', false]);
  const other = schema.encode('Other', { unknown: 5, signed: 7 });
  expect(schema.decode('Sample', other)).toMatchObject({ signed: 7 });
});

test.each<[string, number[], RegExp]>([
  ['a length beyond the end', [0x22, 100, 1, 2], /reaches past the end/],
  ['a varint without end', [0x08, ...new Array(11).fill(0xff)], /cannot be told apart/],
  ['a varint cut short', [0x08, 0xff], /reaches past the end/],
  ['field number 0', [0x00, 0x00], /cannot be told apart/],
  ['an unknown wire type', [0x0f, 0x00], /cannot be told apart/],
])('%s is a WireError with its place', (_, bytes, message) => {
  let error: unknown;
  try {
    schema.decode('Sample', Uint8Array.from(bytes));
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(WireError);
  expect((error as WireError).message).toMatch(message);
  expect((error as WireError).offset).toBeLessThanOrEqual(bytes.length);
});
