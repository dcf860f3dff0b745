// Whole numbers for real ones: real = scale · (code − zeroPoint).
// TFLite quantization specification, https://ai.google.dev/edge/litert/models/quantization_spec: weights symmetric in
// −127 … 127 with zero point 0; activations of 8 bits with any zero point, of 16 bits symmetric.

import { elementCount, type Tensor } from '../../graph/tensor.ts';
import type { Range } from './calibration/definition.ts';

export type CodeType = 'int8' | 'int16' | 'int32';

export type Affine = { readonly scale: number; readonly zeroPoint: number };

/** Codes of an activation. */
export type Codes = {
  readonly dtype: 'int8' | 'int16';
  /** Zero point 0 always. */
  readonly isSymmetric: boolean;
};

const limits = { int8: 127, int16: 32767, int32: 2 ** 31 - 1 } as const;

/** Scale and zero point of a range, widened to hold zero, which has a code of its own in every tensor. */
export function affineOf({ min, max }: Range, { dtype, isSymmetric }: Codes): Affine {
  const top = limits[dtype];
  const low = Math.min(0, min);
  const high = Math.max(0, max);
  if (low === high) return { scale: 1, zeroPoint: 0 };
  if (isSymmetric) return { scale: positive(Math.max(-low, high) / top), zeroPoint: 0 };
  const scale = positive((high - low) / (2 * top + 1));
  // Plus zero: never −0.
  const zeroPoint = Math.round(-top - 1 - low / scale) + 0;
  return { scale, zeroPoint: Math.max(-top - 1, Math.min(top, zeroPoint)) };
}

/** As float32, in which scales are stored; never 0 and never subnormal, where 1 / scale would overflow. */
function positive(scale: number): number {
  return Math.fround(Math.max(scale, 2 ** -126));
}

/** A constant as codes, with the same scale for all elements. */
export function quantize({ dims, data }: Tensor, { scale, zeroPoint }: Affine, dtype: CodeType): Tensor {
  const values = data as Float32Array;
  const codes = makeCodes(dtype, values.length);
  const top = limits[dtype];
  for (let i = 0; i < values.length; i++) {
    codes[i] = clamp(roundHalfEven((values[i] as number) / scale) + zeroPoint, -top - 1, top);
  }
  return { dtype, dims, data: codes };
}

/** A constant as symmetric codes, −limit … limit, with a scale for each index of `axis`. */
export function quantizePerAxis(
  { dims, data }: Tensor,
  scales: Float32Array,
  axis: number,
  dtype: CodeType,
): Tensor {
  const values = data as Float32Array;
  const codes = makeCodes(dtype, values.length);
  const top = limits[dtype];
  const inner = elementCount(dims.slice(axis + 1));
  const length = dims[axis] ?? 1;
  for (let i = 0; i < values.length; i++) {
    const scale = scales[Math.floor(i / inner) % length] as number;
    codes[i] = clamp(roundHalfEven((values[i] as number) / scale), -top, top);
  }
  return { dtype, dims, data: codes };
}

/** The largest magnitude for each index of `axis`. */
export function absMaxPerAxis({ dims, data }: Tensor, axis: number): Float64Array {
  const values = data as Float32Array;
  const length = dims[axis] ?? 1;
  const inner = elementCount(dims.slice(axis + 1));
  const largest = new Float64Array(length);
  for (let i = 0; i < values.length; i++) {
    const at = Math.floor(i / inner) % length;
    const magnitude = Math.abs(values[i] as number);
    if (magnitude > (largest[at] as number)) largest[at] = magnitude;
  }
  return largest;
}

export function rangeOf({ data }: Tensor): Range {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of data as Float32Array) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return min > max ? { min: 0, max: 0 } : { min, max };
}

function makeCodes(dtype: CodeType, length: number): Int8Array | Int16Array | Int32Array {
  if (dtype === 'int8') return new Int8Array(length);
  return dtype === 'int16' ? new Int16Array(length) : new Int32Array(length);
}

function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}

/** As QuantizeLinear rounds, https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && Math.abs(floor % 2) === 1) ? floor + 1 : floor;
}
