import { describe, expect, it } from 'vitest';
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from '../../src/graph/half-precision.ts';

describe('half precision', () => {
  it('gives every pattern back', () => {
    for (let half = 0; half < 0x10000; half++) {
      const value = fromFloat16(half);
      if (Number.isNaN(value)) expect(Number.isNaN(fromFloat16(toFloat16(value)))).toBe(true);
      else if (toFloat16(value) !== half) expect(toFloat16(value)).toBe(half);
    }
  });

  it('says of every pattern the number that IEEE 754 defines', () => {
    for (let half = 0; half < 0x10000; half++) {
      const [exponent, mantissa] = [(half >>> 10) & 31, half & 0x3ff];
      const finite = exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15);
      const size = exponent < 31 ? finite : mantissa === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
      const wanted = half & 0x8000 ? -size : size;
      if (!Object.is(fromFloat16(half), wanted)) expect([half, fromFloat16(half)]).toEqual([half, wanted]);
    }
  });

  it.each([
    [65504, 0x7bff],
    [65519.99, 0x7bff],
    [65520, 0x7c00],
    [-1e9, 0xfc00],
    [2049, 0x6800],
    [2051, 0x6802],
    [2 ** -24, 1],
    [2 ** -25, 0],
    [1.5 * 2 ** -25, 1],
    [3 * 2 ** -25, 2],
    [0.1, 0x2e66],
    [Number.POSITIVE_INFINITY, 0x7c00],
  ])('rounds %d to nearest even', (value, pattern) => {
    expect(toFloat16(value)).toBe(pattern);
  });
});

describe('bfloat16', () => {
  it('gives every pattern back', () => {
    for (let pattern = 0; pattern < 0x10000; pattern++) {
      const value = fromBfloat16(pattern);
      if (!Number.isNaN(value) && toBfloat16(value) !== pattern) expect(toBfloat16(value)).toBe(pattern);
    }
    expect(fromBfloat16(toBfloat16(1.00390625))).toBe(1);
    expect(fromBfloat16(toBfloat16(1.01171875))).toBe(1.015625);
    expect(fromBfloat16(toBfloat16(Number.NaN))).toBeNaN();
  });
});
