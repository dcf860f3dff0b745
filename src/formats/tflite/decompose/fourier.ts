// DFT and STFT as products with constant cosines and sines.
// https://onnx.ai/onnx/operators/onnx__DFT.html, https://onnx.ai/onnx/operators/onnx__STFT.html
//
//   1. Real and imaginary parts lie beside each other: [length, parts] is one row, and a matrix makes another one of it.
//   2. What the signal is longer than the transform is cut off; zeros behind it are rows the matrix does not have.
//   3. STFT: the same matrix, times the window, slides over the signal as the weights of a convolution.

import { float32, type Tensor } from '../../../graph/tensor.ts';
import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import { boundedCount, slice } from '../rewrite/formula.ts';

export default {
  opTypes: ['DFT', 'STFT'],
  rewrite: (node, build) => [node.opType === 'DFT' ? transform(build) : slidingTransform(build)],
} satisfies Rewrite;

type Plan = {
  /** Samples, or frequencies, that are read and made; 1 or 2 numbers for each. */
  readonly from: number;
  readonly to: number;
  readonly partsFrom: number;
  readonly partsTo: number;
  /** Length of the transform. */
  readonly length: number;
  readonly isInverse: boolean;
  /** Frequencies that are read stand for their mirror images, too. */
  readonly isHalf: boolean;
};

function transform(build: Build): string {
  const x = build.input(0);
  const shape = build.shape(x);
  const rank = shape.length;
  const given =
    build.input(2) === '' ? -2 : (build.integers(2)?.[0] ?? build.refuse('an axis that is not constant'));
  const axis = build.axis(given, rank);
  const [count, parts] = [shape[axis], shape[rank - 1]];
  if (typeof count !== 'number' || typeof parts !== 'number')
    return build.refuse('a signal of unknown length');
  const isInverse = build.attribute('inverse', 0) === 1;
  const isOneSided = build.attribute('onesided', 0) === 1;
  const isHalf = isInverse && isOneSided;
  const length =
    build.input(1) === ''
      ? isHalf
        ? 2 * (count - 1)
        : count
      : (build.integers(1)?.[0] ?? build.refuse('a length that is not constant'));
  const half = Math.floor(length / 2) + 1;
  const plan: Plan = {
    from: Math.min(count, isHalf ? half : length),
    to: isOneSided && !isInverse ? half : length,
    partsFrom: parts,
    partsTo: isHalf ? 1 : 2,
    length,
    isInverse,
    isHalf,
  };
  const matrix = build.constant(matrixOf(build, plan), 'waves');
  const used = plan.from < count ? slice(build, x, axis, 0, plan.from) : x;
  const last = rank - 2;
  const perm = shape.map((_, at) => (at === axis ? last : at === last ? axis : at));
  const outer = shape.slice(0, last).map(() => 0);
  const rows = build.reshape(build.transpose(used, perm), [...outer, plan.from * parts]);
  const made = build.add('MatMul', [rows, matrix]);
  return build.transpose(build.reshape(made, [...outer, plan.to, plan.partsTo]), perm);
}

function slidingTransform(build: Build): string {
  const signal = build.input(0);
  const shape = build.shape(signal);
  const step = build.integers(1)?.[0] ?? build.refuse('a step that is not constant');
  const window =
    build.input(2) === '' ? undefined : (build.tensor(2) ?? build.refuse('a window that is not constant'));
  const length =
    build.input(3) === ''
      ? window?.data.length
      : (build.integers(3)?.[0] ?? build.refuse('a length that is not constant'));
  if (step < 1) return build.refuse(`steps of ${step} samples`);
  const parts = shape.length === 2 ? 1 : shape[2];
  if (length === undefined || typeof parts !== 'number') return build.refuse('frames of unknown size');
  if (window !== undefined && window.data.length !== length)
    return build.refuse('a window of another length');
  const isOneSided = build.attribute('onesided', 1) === 1;
  const to = isOneSided ? Math.floor(length / 2) + 1 : length;
  const plan = { from: length, to, partsFrom: parts, partsTo: 2, length, isInverse: false, isHalf: false };
  const { data } = matrixOf(build, plan);
  const made = 2 * to;
  // [samples · parts, results] becomes [results, parts, samples].
  const weights = new Float32Array(data.length);
  for (let sample = 0; sample < length; sample++) {
    for (let part = 0; part < parts; part++) {
      for (let at = 0; at < made; at++) {
        const wave = Number(data[(sample * parts + part) * made + at]);
        weights[(at * parts + part) * length + sample] = wave * Number(window?.data[sample] ?? 1);
      }
    }
  }
  const first =
    shape.length === 2
      ? build.add('Unsqueeze', [signal, build.ints([1])])
      : build.transpose(signal, [0, 2, 1]);
  const kernel = build.floats([made, parts, length], weights);
  const waves = build.add('Conv', [first, kernel], { strides: [step], kernel_shape: [length] });
  return build.reshape(build.transpose(waves, [0, 2, 1]), [0, 0, to, 2]);
}

/** [from · partsFrom, to · partsTo] */
function matrixOf(build: Build, plan: Plan): Tensor {
  const { from, to, partsFrom, partsTo, length, isInverse, isHalf } = plan;
  const dims = [from * partsFrom, to * partsTo];
  const data = new Float32Array(boundedCount(build, dims));
  const sign = isInverse ? 1 : -1;
  for (let source = 0; source < from; source++) {
    const isMirrored = isHalf && source > 0 && 2 * source !== length;
    const weight = (isInverse ? 1 / length : 1) * (isMirrored ? 2 : 1);
    for (let target = 0; target < to; target++) {
      const angle = (2 * Math.PI * ((source * target) % length)) / length;
      const [real, imaginary] = [weight * Math.cos(angle), weight * sign * Math.sin(angle)];
      const row = source * partsFrom;
      const column = target * partsTo;
      // (a + bi) · (real + imaginary · i)
      data[row * to * partsTo + column] = real;
      if (partsTo === 2) data[row * to * partsTo + column + 1] = imaginary;
      if (partsFrom === 2) {
        data[(row + 1) * to * partsTo + column] = -imaginary;
        if (partsTo === 2) data[(row + 1) * to * partsTo + column + 1] = real;
      }
    }
  }
  return float32(dims, data);
}
