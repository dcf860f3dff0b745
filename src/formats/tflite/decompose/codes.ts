// Numbers between codes: what an operator on whole numbers computes, said with DequantizeLinear and QuantizeLinear around
// the operator on real ones. The emitter makes one operator of the three again.

import { float32 } from '../../../graph/tensor.ts';
import type { Build } from '../rewrite/build.ts';
import { cast } from '../rewrite/formula.ts';

/** What the codes of input `at` stand for; its scale and zero point follow it. */
export function real(build: Build, at: number, axis?: number): string {
  return realOf(build, build.input(at), build.input(at + 1), build.input(at + 2), axis);
}

export function realOf(build: Build, codes: string, scale: string, zero: string, axis?: number): string {
  const inputs = zero === '' ? [codes, scale] : [codes, scale, zero];
  return build.add('DequantizeLinear', inputs, axis === undefined ? {} : { axis });
}

/** Codes of a value, with the scale at input `at` and the zero point behind it. */
export function coded(build: Build, value: string, at: number): string {
  const [scale, zero] = [build.input(at), build.input(at + 1)];
  return build.add('QuantizeLinear', zero === '' ? [value, scale] : [value, scale, zero]);
}

/** What a bias in the 32 bits of the sums stands for: its scale is the product of the two at these inputs, `times` it. */
export function realBias(build: Build, bias: string, left: number, right: number, times = 1): string {
  const [a, b] = [build.tensor(left), build.tensor(right)];
  if (a?.dtype !== 'float32' || b?.dtype !== 'float32' || a.data.length !== 1)
    return build.refuse('its scales are not constant');
  const [factor = 1] = a.data as Float32Array;
  const scales = Float32Array.from(b.data as Float32Array, (scale) => scale * factor * times);
  const scale = build.constant(float32(scales.length === 1 ? [] : [scales.length], scales), 'scale');
  return build.add('DequantizeLinear', [bias, scale], { axis: 0 });
}

/** Whole numbers less their zero point, as float32. */
export function centered(build: Build, codes: string, zero: string): string {
  const numbers = cast(build, codes, 'float32');
  return zero === '' ? numbers : build.add('Sub', [numbers, cast(build, zero, 'float32')]);
}

/** Whole numbers less a zero point for each entry of one axis. */
export function centeredAlong(build: Build, codes: string, zero: string, axis: number, rank: number): string {
  if (zero === '' || build.shape(zero).length === 0) return centered(build, codes, zero);
  const dims = Array.from({ length: rank }, (_, at) => (at === axis ? -1 : 1));
  return centered(build, codes, build.reshape(zero, dims));
}
