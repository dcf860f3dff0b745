// Element types as V2 names them, and how one element of JSON becomes one element of memory and back.
// https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md#tensor-data-types

import type { DType } from '../graph/dtype.ts';
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from '../graph/half-precision.ts';
import { quote } from './refusal.ts';

export type Datatype = {
  /** `FP32` */
  readonly name: string;
  /** Bytes of one element in the binary extension; 0 when it varies. */
  readonly bytes: number;
  /** Element of a typed array (or array of strings) from a JSON value. A string is the problem, without a subject. */
  readonly read: (value: unknown) => { readonly value: number | bigint | string } | string;
  /** JSON text of an element. Non-finite numbers come out as NaN, Infinity, -Infinity. */
  readonly print: (element: number | bigint | string) => string;
};

const integers = {
  uint8: [0n, 255n],
  uint16: [0n, 65535n],
  uint32: [0n, 4294967295n],
  uint64: [0n, 18446744073709551615n],
  int8: [-128n, 127n],
  int16: [-32768n, 32767n],
  int32: [-2147483648n, 2147483647n],
  int64: [-9223372036854775808n, 9223372036854775807n],
} as const;

/** The V2 datatype of a tensor element, or undefined where V2 has none. */
export function datatypeOf(dtype: DType): Datatype | undefined {
  return datatypes[dtype];
}

export const datatypes: Partial<Record<DType, Datatype>> = {
  bool: {
    name: 'BOOL',
    bytes: 1,
    read: (value) =>
      value === true || value === 1
        ? { value: 1 }
        : value === false || value === 0
          ? { value: 0 }
          : 'is not true or false',
    print: (element) => (element ? 'true' : 'false'),
  },
  uint8: integer('UINT8', 1, 'uint8'),
  uint16: integer('UINT16', 2, 'uint16'),
  uint32: integer('UINT32', 4, 'uint32'),
  uint64: integer('UINT64', 8, 'uint64'),
  int8: integer('INT8', 1, 'int8'),
  int16: integer('INT16', 2, 'int16'),
  int32: integer('INT32', 4, 'int32'),
  int64: integer('INT64', 8, 'int64'),
  float16: float('FP16', 2, toFloat16, fromFloat16, (element) => (element & 0x7fff) < 0x7c00),
  bfloat16: float('BF16', 2, toBfloat16, fromBfloat16, (element) => (element & 0x7fff) < 0x7f80),
  float32: float('FP32', 4, Math.fround, identity, Number.isFinite),
  float64: float('FP64', 8, identity, identity, Number.isFinite),
  string: {
    name: 'BYTES',
    bytes: 0,
    read: (value) => (typeof value === 'string' ? { value } : 'is not a string'),
    print: (element) => JSON.stringify(element),
  },
};

function integer(name: string, bytes: number, dtype: keyof typeof integers): Datatype {
  const [low, high] = integers[dtype];
  const isBig = dtype === 'int64' || dtype === 'uint64';
  const smallest = Number(low);
  const largest = Number(high);
  const outside = `does not fit ${name} (${low} to ${high})`;
  return {
    name,
    bytes,
    read: (value) => {
      if (typeof value === 'bigint') {
        if (value < low || value > high) return outside;
        return { value: isBig ? value : Number(value) };
      }
      if (typeof value !== 'number') return 'is not a number';
      if (!Number.isInteger(value)) return `is not a whole number, as ${name} needs`;
      // As doubles the 64-bit limits round up to 2^63 and 2^64, which no longer fit.
      if (value < smallest || value > largest || (isBig && value === largest)) return outside;
      return { value: isBig ? BigInt(value) : value };
    },
    print: String,
  };
}

function float(
  name: string,
  bytes: number,
  encode: (value: number) => number,
  decode: (element: number) => number,
  isNumber: (element: number) => boolean,
): Datatype {
  return {
    name,
    bytes,
    read: (value) => {
      const number = typeof value === 'bigint' ? Number(value) : value;
      if (typeof number !== 'number') {
        // JSON has no such numbers, so these three words stand for them, as in the prediction log.
        const word = typeof value === 'string' ? nonFinite[value] : undefined;
        return word === undefined ? 'is not a number' : { value: encode(word) };
      }
      const element = encode(number);
      return isNumber(element) ? { value: element } : `is too large for ${name}`;
    },
    print: (element) => String(decode(element as number)),
  };
}

const nonFinite: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

function identity(value: number): number {
  return value;
}

/** `data[3] is "abc", which is not a number`: the sentence for an element that `read` turned down. */
export function elementProblem(path: string, value: unknown, problem: string): string {
  return `${path} is ${quote(value)}, which ${problem}`;
}
