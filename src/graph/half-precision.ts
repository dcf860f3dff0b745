// IEEE 754 half precision (binary16) and bfloat16 as the 16-bit patterns that tensors hold.
// https://en.wikipedia.org/wiki/Half-precision_floating-point_format

const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);
const SMALLEST_HALF = 2 ** -24;

/** Nearest half-precision pattern, ties to even; too large becomes infinity. */
export function toFloat16(value: number): number {
  single[0] = value;
  const word = bits[0] ?? 0;
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  // Below 2^-14 halves are the multiples of 2^-24; scaling by 2^24 is exact.
  if (magnitude < 0x38800000) return sign | roundHalfEven(Math.abs(value) * 0x1000000);
  // Rounding 13 mantissa bits away may carry into the exponent, which is then right too, up to infinity.
  const kept = (magnitude - 0x38000000) >>> 13;
  const rest = magnitude & 0x1fff;
  return sign | (kept + (rest > 0x1000 || (rest === 0x1000 && (kept & 1) === 1) ? 1 : 0));
}

export function fromFloat16(half: number): number {
  const exponent = half & 0x7c00;
  // Below 2^-14 halves are the multiples of 2^-24.
  if (exponent === 0) return (half & 0x8000 ? -1 : 1) * (half & 0x3ff) * SMALLEST_HALF;
  // The exponent's bias is 15 here and 127 there, and the largest one means infinity or NaN in both.
  const magnitude = (half & 0x7fff) << 13;
  bits[0] = ((half & 0x8000) << 16) | (magnitude + (exponent === 0x7c00 ? 0x70000000 : 0x38000000));
  return single[0] ?? 0;
}

/** The upper half of a float32, rounded to nearest even. */
export function toBfloat16(value: number): number {
  single[0] = value;
  const word = bits[0] ?? 0;
  if ((word & 0x7fffffff) > 0x7f800000) return (word >>> 16) | 0x40;
  return ((word + 0x7fff + ((word >>> 16) & 1)) >>> 16) & 0xffff;
}

export function fromBfloat16(pattern: number): number {
  bits[0] = pattern << 16;
  return single[0] ?? 0;
}

/** Patterns as numbers. Float32Array.from would call an iterator for each, which takes many times as long. */
export function widened(patterns: Uint16Array, from: (pattern: number) => number): Float32Array {
  const numbers = new Float32Array(patterns.length);
  for (let at = 0; at < patterns.length; at++) numbers[at] = from(patterns[at] as number);
  return numbers;
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
