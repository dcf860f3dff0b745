// Weights and biases as whole numbers: weights symmetric in −127 … 127, a bias in 32 bits at the scale of the products,
// input scale × weight scale, so that it can be added to their sum as it is.

import type { Tensor } from '../../graph/tensor.ts';
import { absMaxPerAxis, quantize, quantizePerAxis } from './affine.ts';

export type QuantizedWeights = {
  readonly codes: Tensor;
  /** One, or one per index of `axis`. */
  readonly scales: Tensor;
  readonly axis: number | undefined;
};

/** Codes of a bias stay below, which leaves room for the sum of products. */
const LARGEST_BIAS = 2 ** 30;

/** `axis` undefined: one scale for all weights. `held`: codes they have already, which are kept where that can be. */
export function quantizeWeights(
  weights: Tensor,
  wanted: number | undefined,
  inputScale: number,
  bias: Tensor | undefined,
  held?: QuantizedWeights,
): { readonly weights: QuantizedWeights; readonly bias?: QuantizedWeights } {
  // Codes made anew from codes would be rounded twice.
  const kept = held && (held.axis === undefined || held.axis === wanted) ? held : undefined;
  const axis = kept ? kept.axis : wanted;
  const scales = kept ? Float32Array.from(kept.scales.data as Float32Array) : weightScales(weights, axis);
  const isWidened = bias !== undefined && makeRoom(scales, bias.data as Float32Array, inputScale);
  const stored =
    kept && !isWidened ? { ...kept, scales: vectorOf(scales, axis) } : store(weights, scales, axis, 'int8');
  if (!bias) return { weights: stored };
  const products = scales.map((scale) => inputScale * scale);
  const given = bias.data as Float32Array;
  const isSpread = given.length === 1 && scales.length > 1;
  const data = isSpread ? new Float32Array(scales.length).fill(given[0] as number) : given;
  // A vector, whatever axes of length 1 it had: it is broadcast the same.
  const vector: Tensor = { dtype: 'float32', dims: [data.length], data };
  return { weights: stored, bias: store(vector, products, axis === undefined ? undefined : 0, 'int32') };
}

function store(tensor: Tensor, scales: Float32Array, axis: number | undefined, dtype: 'int8' | 'int32') {
  const [scale = 1] = scales;
  const codes =
    axis === undefined
      ? quantize(tensor, { scale, zeroPoint: 0 }, dtype)
      : quantizePerAxis(tensor, scales, axis, dtype);
  return { codes, scales: vectorOf(scales, axis), axis };
}

function vectorOf(scales: Float32Array, axis: number | undefined): Tensor {
  return { dtype: 'float32', dims: axis === undefined ? [] : [scales.length], data: scales };
}

export function weightScales(weights: Tensor, axis: number | undefined): Float32Array {
  const flat = { ...weights, dims: [1, weights.data.length] };
  const largest = axis === undefined ? absMaxPerAxis(flat, 0) : absMaxPerAxis(weights, axis);
  const scales = Float32Array.from(largest, (absMax) => absMax / 127);
  // Of a channel without weights only the bias is left: it gets the finest scale of the others.
  const used = scales.filter((scale) => scale >= 2 ** -126);
  const finest = used.length > 0 ? used.reduce((least, scale) => Math.min(least, scale)) : 1 / 127;
  return scales.map((scale) => (scale >= 2 ** -126 ? scale : finest));
}

/** Whether a scale had to grow. */
function makeRoom(scales: Float32Array, bias: Float32Array, inputScale: number): boolean {
  let isWidened = false;
  for (let i = 0; i < Math.max(scales.length, bias.length); i++) {
    const at = scales.length === 1 ? 0 : i;
    const least = Math.abs(bias[bias.length === 1 ? 0 : i] as number) / (inputScale * LARGEST_BIAS);
    if ((scales[at] as number) >= least) continue;
    scales[at] = least;
    isWidened = true;
  }
  return isWidened;
}
