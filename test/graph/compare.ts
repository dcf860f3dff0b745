// Compares tensors element by element, for tests.

import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { DType } from '../../src/graph/dtype.ts';
import type { Model } from '../../src/graph/model.ts';
import type { Tensor } from '../../src/graph/tensor.ts';

export type Tolerance = {
  readonly rtol: number;
  readonly atol: number;
  /** Further slack, as a share of the largest expected magnitude. */
  readonly ofLargest?: number;
};

/** What is different, or undefined: |actual - expected| <= atol + rtol * |expected|; NaN equals NaN. */
export function difference(
  actual: Tensor | undefined,
  expected: Tensor,
  tolerance: Tolerance,
): string | undefined {
  if (actual === undefined) return 'missing';
  if (actual.dtype !== expected.dtype) return `dtype ${actual.dtype}, not ${expected.dtype}`;
  if (actual.dims.join() !== expected.dims.join()) return `dims [${actual.dims}], not [${expected.dims}]`;
  if (actual.data.length !== expected.data.length) {
    return `${actual.data.length} elements, not ${expected.data.length}`;
  }
  const decode = decoder(expected.dtype);
  const slack = tolerance.atol + (tolerance.ofLargest ?? 0) * largest(expected, decode);
  for (let index = 0; index < expected.data.length; index++) {
    const a = actual.data[index];
    const b = expected.data[index];
    if (a === b) continue;
    if (typeof a === 'number' && typeof b === 'number') {
      const x = decode(a);
      const y = decode(b);
      if (Object.is(x, y) || (Number.isNaN(x) && Number.isNaN(y)) || x === y) continue;
      if (isApproximate(expected.dtype) && Math.abs(x - y) <= slack + tolerance.rtol * Math.abs(y)) continue;
      return `element ${index} is ${x}, not ${y}`;
    }
    return `element ${index} is ${a}, not ${b}`;
  }
  return undefined;
}

function largest(tensor: Tensor, decode: (value: number) => number): number {
  let most = 0;
  for (const item of tensor.data) {
    const magnitude = typeof item === 'number' ? Math.abs(decode(item)) : 0;
    if (Number.isFinite(magnitude) && magnitude > most) most = magnitude;
  }
  return most;
}

function isApproximate(dtype: DType): boolean {
  return dtype.startsWith('float') || dtype === 'bfloat16' || dtype.startsWith('complex');
}

function decoder(dtype: DType): (value: number) => number {
  if (dtype === 'float16') return float16;
  if (dtype === 'bfloat16') return bfloat16;
  return (value) => value;
}

/** https://en.wikipedia.org/wiki/Half-precision_floating-point_format */
export function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function bfloat16(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0] ?? 0;
}

/** The two models are equal but for who wrote them. */
export function expectSame(actual: Model, expected: Model, name?: string): void {
  const [left, right] = [actual, expected].map((model) => ({ ...model, producer: undefined }));
  // Many times faster than toEqual on large tensors, which is left to tell what is different.
  if (!isDeepStrictEqual(left, right)) expect(left, name).toEqual(right);
}
