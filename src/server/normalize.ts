// Applies the signature's scale, mean and std to raw inputs: the same arithmetic evaluate applies to its data.

import { errors } from '../errors.ts';
import type { InputSignature, Signature } from '../graph/signature.ts';
import type { TypedArray } from '../graph/tensor.ts';
import type { Port } from './ports.ts';

/** Changes the elements from `from` to `to` in place; `from` is where a row starts. */
export type Normalizer = (data: TypedArray, from: number, to: number) => void;

/** One per input, undefined where there is nothing to do. Errors: FEATURES_MISMATCH. */
export function normalizersOf(
  ports: readonly Port[],
  { inputs }: Signature,
): readonly (Normalizer | undefined)[] {
  const entries = Object.entries(inputs);
  return ports.map((port) => {
    // A lone entry is about the lone input, whatever the converter called it.
    const own =
      entries.find(([name]) => name === port.name) ??
      (ports.length === 1 && entries.length === 1 ? entries[0] : undefined);
    return normalizerOf(port, own?.[1]);
  });
}

/** x * scale, then (x - mean) / std, where mean and std are one number or repeat along the last axis or the whole row. */
export function normalizerOf(port: Port, signature: InputSignature | undefined): Normalizer | undefined {
  const { scale = 1, mean = 0, std = 1 } = signature ?? {};
  const means = typeof mean === 'number' ? [mean] : mean;
  const stds = typeof std === 'number' ? [std] : std;
  for (const [name, values] of [['mean', means] as const, ['std', stds] as const]) {
    if (![1, port.rowSize, port.dims.at(-1)].includes(values.length)) {
      throw errors.FEATURES_MISMATCH(
        `${name} has ${values.length} numbers, and input ${port.name} has ${port.rowSize} per row`,
        'give one number, or one per column or channel',
      );
    }
  }
  if (stds.includes(0)) {
    throw errors.FEATURES_MISMATCH(`a std of input ${port.name} is 0`, 'a constant column has std 1');
  }
  const length = Math.max(means.length, stds.length);
  const repeated = (values: readonly number[], index: number) => values[index % values.length] ?? 0;
  const factors = Float64Array.from({ length }, (_, index) => scale / repeated(stds, index));
  const offsets = Float64Array.from(
    { length },
    (_, index) => -repeated(means, index) / repeated(stds, index),
  );
  const isIdentity = factors.every((factor) => factor === 1) && offsets.every((offset) => offset === 0);
  if (isIdentity || (port.dtype !== 'float32' && port.dtype !== 'float64')) return undefined;
  return (data, from, to) => {
    for (let at = from, index = 0; at < to; at++) {
      data[at] = (data[at] as number) * (factors[index] ?? 1) + (offsets[index] ?? 0);
      index = index + 1 === length ? 0 : index + 1;
    }
  };
}
