// Float32 to half precision: IEEE 754 binary16, 1 sign, 5 exponent and 10 fraction bits.
// https://en.wikipedia.org/wiki/Half-precision_floating-point_format

import type { Tensor } from '../../graph/tensor.ts';

/** The largest finite number. */
export const LARGEST_HALF = 65504;
/** Below it numbers are multiples of 2^-24, and the fewer bits the smaller they are. */
export const SMALLEST_NORMAL_HALF = 2 ** -14;

const single = new Float32Array(1);
const word = new Uint32Array(single.buffer);

/** Bits of the nearest half, ties to even. What is finite stays finite: beyond ±65504 it is ±65504. */
export function halfBits(value: number): number {
  single[0] = value;
  const bits = word[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude === 0x7f800000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    // Normal: 13 fraction bits fall away, and the exponent is biased by 15 instead of 127. A carry out of the
    // fraction raises the exponent, as it should.
    const rounded = (magnitude + 0xfff + ((magnitude >>> 13) & 1) - 0x38000000) >>> 13;
    return sign | Math.min(rounded, 0x7bff);
  }
  // Subnormal: count multiples of 2^-24. Scaling by a power of two is exact.
  const scaled = Math.abs(single[0] as number) * 2 ** 24;
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  return sign | (floor + (rest > 0.5 || (rest === 0.5 && (floor & 1) === 1) ? 1 : 0));
}

/** The number a half stands for. */
export function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** A graph is rewritten many times over in the search for nodes that need float32; its weights stay what they are. */
const halves = new WeakMap<Tensor, Tensor>();
const losses = new WeakMap<Tensor, HalfLoss>();

/** A float32 tensor in half precision. */
export function toHalf(tensor: Tensor): Tensor {
  const known = halves.get(tensor);
  if (known) return known;
  const values = tensor.data as Float32Array;
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) bits[i] = halfBits(values[i] as number);
  const half: Tensor = { dtype: 'float16', dims: tensor.dims, data: bits };
  halves.set(tensor, half);
  return half;
}

export type HalfLoss = {
  /** Largest magnitude of a finite element. */
  readonly absMax: number;
  /** Largest change of an element, relative to `absMax`. */
  readonly relative: number;
};

/** What a float32 tensor loses in half precision. */
export function halfLoss(tensor: Tensor): HalfLoss {
  const known = losses.get(tensor);
  if (known) return known;
  let absMax = 0;
  let largest = 0;
  for (const value of tensor.data as Float32Array) {
    if (!Number.isFinite(value)) continue;
    const magnitude = Math.abs(value);
    if (magnitude > absMax) absMax = magnitude;
    const change = Math.abs(value - halfValue(halfBits(value)));
    if (change > largest) largest = change;
  }
  const loss = { absMax, relative: absMax === 0 ? 0 : largest / absMax };
  losses.set(tensor, loss);
  return loss;
}
