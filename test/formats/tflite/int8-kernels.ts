// What kernels on codes compute, in plain integers: TensorFlow's built-in ones, which multiply by a fixed-point number and
// round twice, and XNNPACK's, which round the real number once.
// https://arxiv.org/abs/1712.05877, section 2.2 and appendix B.

import type { Operator, Subgraph, TfliteTensor } from '../../../src/formats/tflite/records.ts';

type Codes = ArrayLike<number>;

export type Rounding = 'twice' | 'once';

/** CONV_2D of uint8 with a kernel of one pixel. `step`: only every so many pixels; NaN elsewhere. */
export function pointwise(
  { tensors }: Subgraph,
  { inputs: [input = -1, weights = -1, bias = -1], outputs: [output = -1] }: Operator,
  codes: Codes,
  rounding: Rounding,
  step: number,
): Float64Array {
  const [x, w, y] = [input, weights, output].map((index) => scaleOf(tensors[index]));
  if (!x || !w || !y) throw new Error('no scales');
  const [outputChannels = 0, , , channels = 0] = tensors[weights]?.shape ?? [];
  const kernel = tensors[weights]?.data ?? new Uint8Array();
  const sums = new Int32Array((tensors[bias]?.data ?? new Uint8Array()).slice().buffer);
  const factor = (x.scale * w.scale) / y.scale;
  const round = rounding === 'once' ? (sum: number) => Math.round(sum * factor) : roundingTwice(factor);
  const pixels = codes.length / channels;
  const results = new Float64Array(pixels * outputChannels).fill(Number.NaN);
  for (let pixel = 0; pixel < pixels; pixel += step) {
    for (let channel = 0; channel < outputChannels; channel++) {
      let sum = sums[channel] ?? 0;
      for (let at = 0; at < channels; at++) {
        const weight = (kernel[channel * channels + at] ?? 0) - w.zeroPoint;
        sum += ((codes[pixel * channels + at] ?? 0) - x.zeroPoint) * weight;
      }
      const code = round(sum) + y.zeroPoint;
      results[pixel * outputChannels + channel] = Math.max(0, Math.min(255, code));
    }
  }
  return results;
}

/** AVERAGE_POOL_2D of uint8 over the whole image: half a code goes up. */
export function average(codes: Codes, channels: number): number[] {
  const count = codes.length / channels;
  return Array.from({ length: channels }, (_, channel) => {
    let sum = 0;
    for (let at = channel; at < codes.length; at += channels) sum += codes[at] ?? 0;
    return Math.floor((sum + Math.floor(count / 2)) / count);
  });
}

/** By a number of 31 bits in 0.5 … 1, rounded, and by a power of two, rounded again. */
function roundingTwice(factor: number): (sum: number) => number {
  const shift = Math.floor(-Math.log2(factor));
  const multiplier = BigInt(Math.round(factor * 2 ** (31 + shift)));
  return (sum) => {
    const product = BigInt(sum) * multiplier;
    const nudge = product >= 0n ? 1n << 30n : 1n - (1n << 30n);
    return halfAway(Number((product + nudge) / (1n << 31n)) / 2 ** shift);
  };
}

function halfAway(value: number): number {
  return Math.sign(value) * Math.floor(Math.abs(value) + 0.5);
}

function scaleOf(tensor: TfliteTensor | undefined) {
  const { scale: [scale] = [], zeroPoint: [zeroPoint] = [] } = tensor?.quantization ?? {};
  return scale === undefined || zeroPoint === undefined ? undefined : { scale, zeroPoint };
}
