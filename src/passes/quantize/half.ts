// Weights in half precision, and what they lose by it.

import { fromFloat16, toFloat16 } from '../../graph/half-precision.ts';
import type { Tensor } from '../../graph/tensor.ts';

/** The largest finite number. */
export const LARGEST_HALF = 65504;
/** Below it numbers are multiples of 2^-24, and the fewer bits the smaller they are. */
export const SMALLEST_NORMAL_HALF = 2 ** -14;

/** Bits of the nearest half, ties to even. What is finite stays finite: beyond ±65504 it is ±65504. */
export function halfBits(value: number): number {
  const bits = toFloat16(value);
  return (bits & 0x7fff) === 0x7c00 && Number.isFinite(value) ? bits - 1 : bits;
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
    const change = Math.abs(value - fromFloat16(halfBits(value)));
    if (change > largest) largest = change;
  }
  const loss = { absMax, relative: absMax === 0 ? 0 : largest / absMax };
  losses.set(tensor, loss);
  return loss;
}
